import pytest

from vpd.evaluation.answers import read_answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("I count two. The answer is 2.", "2"),
        ("the answer is left of it. The answer is yes.", "yes"),
        ("The answer is 2.5.", "2.5"),
        ("The answer is red", "red"),
        ("The answer is .", None),
        ("I count two.", None),
        ("", None),
    ],
)
def test_read_answer_in_rationale_mode_takes_the_last_closing_sentence(text: str, answer: str | None) -> None:
    assert read_answer(text, "rationale") == answer


def test_read_answer_in_answer_mode_takes_the_whole_text() -> None:
    assert read_answer(" The answer is 2. ", "answer") == "The answer is 2."
    assert read_answer("  ", "answer") is None
