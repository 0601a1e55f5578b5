import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.scoring.normalize import normalize
from vpd.scoring.score import answer_key, is_right, matches, resolve_choice


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Yes.", "yes"),
        ("True", "yes"),
        ("false", "no"),
        ("is it true", "is it true"),
        ("The red cube!", "red cube"),
        ("a", "a"),
        ("Three", "3"),
        ("ten  cats", "10 cats"),
        ("2.0", "2"),
        ("007", "7"),
        ("-0.0", "0"),
        ("-3.50", "-3.5"),
        (".5", "0.5"),
        ("1,234,567", "1234567"),
        ("1, 2", "1 2"),
        ("left-hand side", "left hand side"),
        ("don't know", "dont know"),
        ("  \n", ""),
        ("Ｃａｆé", "café"),
    ],
)
def test_normalize_examples_give_the_common_form(text: str, wanted: str) -> None:
    assert normalize(text) == wanted


@given(st.text())
def test_normalize_any_text_twice_changes_nothing(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


@given(
    st.lists(
        st.sampled_from(["The", "two", "3.0", "1,000", "it's", "-", ".", "red", "é", "\u0301", "'"]),
        max_size=8,
    )
)
def test_normalize_awkward_pieces_twice_changes_nothing(pieces: list[str]) -> None:
    for text in ("".join(pieces), " ".join(pieces)):
        assert normalize(normalize(text)) == normalize(text)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ("cubes", "cube", True),
        ("red cubes", "Red Cube", True),
        ("two", "2", True),
        ("yes", "ye", False),
        ("glass", "glas", False),
        ("cactus", "cactu", False),
        ("gas", "ga", False),
        ("red", "blue", False),
        ("", "", False),
    ],
)
def test_matches_pairs_as_documented(one: str, other: str, equal: bool) -> None:
    assert matches(one, [other]) is equal
    assert matches(other, [one]) is equal


@given(st.text())
def test_answer_key_is_the_same_for_an_answer_and_its_normal_form(text: str) -> None:
    assert answer_key(normalize(text)) == answer_key(text)


@pytest.mark.parametrize(
    ("answer", "choices", "wanted"),
    [
        ("B", ("cat", "dog"), "dog"),
        ("(b)", ("cat", "dog"), "dog"),
        ("1", ("cat", "dog"), "dog"),
        ("2", ("2", "3", "4"), "2"),
        ("7", ("cat", "dog"), "7"),
        ("dogs", ("cat", "dog"), "dogs"),
        ("b", (), "b"),
    ],
)
def test_resolve_choice_prefers_text_then_letter_then_index(
    answer: str, choices: tuple[str, ...], wanted: str
) -> None:
    assert resolve_choice(answer, choices) == wanted


def test_is_right_label_as_letter_matches_answer_as_text() -> None:
    assert is_right("dog", ["B"], ("cat", "dog"))
    assert not is_right("cat", ["B"], ("cat", "dog"))
