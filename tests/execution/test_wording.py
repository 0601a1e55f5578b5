"""Preparing programs together that differ in their words gives what preparing each alone gives."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.instrument import Instrumented, instrument, instrument_alone
from vpd.execution.wording import wording
from vpd.sampling.record import DEMO_RECORD, load_record

FOLDER = Path(__file__).parent
WRITTEN = [
    source
    for path in sorted([*FOLDER.glob("trusted/*.txt"), *FOLDER.glob("hostile/*.txt")])
    for source in re.split(r"^##.*\n", path.read_text(), flags=re.MULTILINE)
    if source.strip()
]
QUOTES = [
    "return 'red' + \"blue\" 'green'",
    "x = f'red {image} \"blue\" {\"a b\"}'\nreturn f'plain' + x",
    "return \"it's a 'red cube'\"  # it's 'so'",
    "return {'a': 'a', \"a\": 'b'}['a']",
    "return b'abc'.decode() + r'abc' + u'abc' + '''abc''' + 'a\\nb'",
    "return 'vpdw0w' + 'red'",
    "return getattr(image, 'left')",
    "'red'\nreturn 'blue'",
    "return 'red",
    "return eval('red')",
]


def test_wording_real_programs_come_out_as_when_prepared_alone() -> None:
    sources = {answer.text for answer in load_record(DEMO_RECORD).answers.values()}
    assert len(sources) > 250
    for source in sorted(sources):
        assert instrument(source) == instrument_alone(source), source


@pytest.mark.parametrize("source", [*WRITTEN, *QUOTES])
def test_wording_program_comes_out_as_when_prepared_alone(source: str) -> None:
    assert instrument(source) == instrument_alone(source)


TEXT = st.text("abc '\"{}\\#\n0", max_size=6).map(repr)


@given(st.lists(TEXT | st.sampled_from(["'red cube'", '"red cube"', "f'a {image}'", "image"]), min_size=1))
def test_wording_any_texts_come_out_as_when_prepared_alone(texts: list[str]) -> None:
    source = f"x = [{', '.join(texts)}]\nreturn str(x)"
    assert instrument(source) == instrument_alone(source)
    words = wording(source)
    assert words.put_back(words.shape) == source


def test_wording_programs_with_other_words_have_one_shape() -> None:
    shapes = {wording(f"return find('{name}')").shape for name in ("red cube", "blue sphere", "thing 2")}
    assert len(shapes) == 1
    prepared = instrument("return find('red cube')")
    assert isinstance(prepared, Instrumented)
    assert "'red cube'" in prepared.code
