"""The tool-call cache, in memory and on disk: never another call's answer."""

import logging
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.errors import StoreError
from vpd.execution.cache import Answer, CallKey, ToolCache
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.tools.protocol import Detection, Picture, ToolFailure, ToolResult, ToolSet

EDGE = st.integers(0, 2).map(float)
KEYS = st.builds(
    CallKey,
    st.sampled_from(["0" * 64, "1" * 64, "a" * 64]),
    st.builds(Box, EDGE, EDGE, EDGE, EDGE),
    st.sampled_from(["find", "exists"]),
    st.lists(st.sampled_from(["cube", "red", "", "\ud800", "['cube']"]), max_size=2).map(tuple),
    st.sampled_from(["tool@1", "tool@2"]),
)
NUMBER = st.floats(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | NUMBER | st.text(),
    lambda inner: st.lists(inner, min_size=1, max_size=3).map(tuple),
    max_leaves=5,
)
FOUND = st.lists(st.builds(Detection, st.builds(Box, NUMBER, NUMBER, NUMBER, NUMBER), NUMBER), max_size=3)
LASTING: st.SearchStrategy[Answer] = st.one_of(
    st.builds(ToolResult, PLAIN | FOUND.map(tuple), st.none() | NUMBER),
    st.builds(ToolFailure, st.sampled_from(["vocabulary", "argument"]), st.text()),
)
KEY = CallKey("a" * 64, Box(0.0, 0.0, 1.0, 1.0), "find", ("cube",), "tool@1")


@settings(max_examples=60)
@given(st.lists(st.dictionaries(KEYS, LASTING, max_size=4), max_size=6), st.integers(1, 5), st.booleans())
def test_cache_any_calls_get_their_own_answer_or_none(
    batches: list[dict[CallKey, Answer]], entries: int, on_disk: bool
) -> None:
    with TemporaryDirectory() as folder:
        cache = ToolCache(entries, Path(folder) / "cache.sqlite" if on_disk else None)
        first: dict[CallKey, Answer] = {}
        latest: dict[CallKey, Answer] = {}
        for batch in batches:
            cache.put(batch)
            latest.update(batch)
            first = batch | first
            for key in latest:
                answer = cache.get(key)
                assert answer in (first[key], latest[key]) or (answer is None and not on_disk)
        assert len(cache) <= entries
        cache.close()


@settings(max_examples=60)
@given(st.dictionaries(KEYS, LASTING, max_size=4))
def test_cache_file_gives_another_process_the_same_answers(answers: dict[CallKey, Answer]) -> None:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "cache.sqlite"
        one, other = ToolCache(10, file), ToolCache(10, file)
        one.put(answers)
        assert {key: other.get(key) for key in answers} == answers
        one.close()
        other.close()


def test_cache_failure_of_the_tool_itself_is_not_kept(tmp_path: Path) -> None:
    cache = ToolCache(10, tmp_path / "cache.sqlite")
    cache.put({KEY: ToolFailure("error", "gone")})
    assert cache.get(KEY) is None
    cache.put({KEY: ToolFailure("vocabulary", "unknown")})
    assert cache.get(KEY) == ToolFailure("vocabulary", "unknown")
    cache.close()


def test_cache_file_that_is_no_cache_is_a_clear_error(tmp_path: Path) -> None:
    file = tmp_path / "cache.sqlite"
    file.write_text("this is a letter, not a database, and it is long enough to be read as a header" * 20)
    with pytest.raises(StoreError, match=str(file)):
        ToolCache(10, file)


def test_cache_full_disk_is_logged_and_answers_stay_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = ToolCache(10_000, tmp_path / "cache.sqlite")
    assert cache._file is not None
    cache._file._db.execute("PRAGMA max_page_count = 3")
    answers: dict[CallKey, Answer] = {
        CallKey("a" * 64, Box(0.0, 0.0, float(i), 1.0), "find", ("cube",), "1"): ToolResult("x" * 500)
        for i in range(100)
    }
    with caplog.at_level(logging.WARNING):
        cache.put(answers)
    assert "full" in caplog.text
    assert {key: cache.get(key) for key in answers} == answers


def test_cache_file_spares_the_tools_of_the_next_engine(
    fake_toolset: Callable[..., ToolSet], fake_picture: Callable[..., Picture], tmp_path: Path
) -> None:
    count = "return str(len(ImagePatch(image).find('cube')))"
    wanted = EngineSettings(in_flight=2, cache_file=tmp_path / "cache.sqlite")
    asked, answers = [], []
    for version, digit in [("1", 0), ("1", 0), ("2", 0), ("2", 1)]:
        with open_engine(fake_toolset(version), wanted) as engine:
            answers += [run.answer for _, run in engine.run([Job(count, fake_picture(digit))])]
        asked.append(engine.counters.batches)
    assert asked == [1, 0, 1, 1]
    assert answers == ["3"] * 4
