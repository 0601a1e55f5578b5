import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.inspect.wording import described, patches, shown, version_shown, visible

WHOLE = PatchRef(0, "image", Box(0, 0, 9, 9))
CUBE = PatchRef(1, "cube", Box(0, 0, 1, 1))


@pytest.mark.parametrize(
    ("event", "line"),
    [
        (TraceEvent(0, 1, "tool", "find", (CUBE,), WHOLE, ("cube",)), 'image.find("cube") → [#1]'),
        (TraceEvent(0, 1, "tool", "exists", None, CUBE, ("frisbee",)), '#1.exists("frisbee") → None'),
        (TraceEvent(0, 1, "value", "count", 2), "count = 2"),
        (TraceEvent(0, 1, "branch", "count > 1", True), "count > 1 is True"),
        (TraceEvent(0, 1, "return", "count", "yes"), 'returns "yes"'),
        (TraceEvent(0, 1, "value", "x", ((CUBE, 0.123456), ())), "x = [[#1, 0.1235], []]"),
    ],
)
def test_described_writes_one_line_for_each_kind_of_event(event: TraceEvent, line: str) -> None:
    assert described(event) == line


@pytest.mark.parametrize(
    ("text", "harmless"),
    [
        ("plain, naïve, 数え, 👩‍🔬", "plain, naïve, 数え, 👩‍🔬"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
        ("abc\u202egnp.exe", "abc\\u202egnp.exe"),
        ("nul\x00 del\x7f\x9b", "nul\\x00 del\\x7f\\x9b"),
        ("line\u2028end\n\tkept", "line\\u2028end\n\tkept"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_visible_writes_control_characters_as_escapes(text: str, harmless: str) -> None:
    assert visible(text) == harmless


@settings(max_examples=50)
@given(st.text())
def test_visible_is_harmless_and_stable_for_any_text(text: str) -> None:
    once = visible(text)
    assert visible(once) == once
    assert all(c.isprintable() or c in "\n\t \u200c\u200d" or c.isspace() for c in once)


@settings(max_examples=50)
@given(st.recursive(st.text() | st.integers() | st.none(), lambda v: st.lists(v, max_size=9).map(tuple)))
def test_shown_of_any_value_is_short(value: object) -> None:
    assert len(shown(value)) < 11_000  # type: ignore[arg-type]


def test_shown_of_a_deep_value_is_cut_off() -> None:
    value: tuple[object, ...] = tuple(range(100))
    for _ in range(3):
        value = (value,) * 100
    assert shown(value).endswith("…")  # type: ignore[arg-type]
    assert len(shown(value)) < 600  # type: ignore[arg-type]
    assert len(shown("x" * 10_000)) < 600


def test_patches_are_found_at_any_depth_in_order() -> None:
    assert list(patches((CUBE, 1, ("a", (WHOLE, CUBE)), None))) == [CUBE, WHOLE, CUBE]


def test_long_version_is_shown_as_its_name_and_a_digest_that_tells_versions_apart() -> None:
    long = f"photos[{'nanodet@sha256=0, ' * 20}]"
    assert version_shown("scenes[opencv-3]") == "scenes[opencv-3]"
    assert version_shown(long).startswith("photos[")
    assert len(version_shown(long)) < 40
    assert version_shown(long) != version_shown(long.replace("=0", "=1"))
