import pytest

from vpd.tools.openai.prompts import UnusableAnswer, short_answer, transcription, yes_or_no


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Red.", "Red"),
        ("  red \n", "red"),
        ("\n\nTwo dogs.\nThey run.", "Two dogs"),
        ("3.5", "3.5"),
        ("Île-de-France", "Île-de-France"),
    ],
)
def test_short_answer_is_the_first_line_without_full_stop(text, answer):
    assert short_answer(text) == answer


@pytest.mark.parametrize("read", [short_answer, yes_or_no, transcription])
@pytest.mark.parametrize("text", ["", " \n\t"])
def test_empty_answer_is_unusable(read, text):
    with pytest.raises(UnusableAnswer):
        read(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", True),
        ("Yes.", True),
        ("YES!", True),
        ("No", False),
        ("no, it is blue", False),
        ("Yes. It is", True),
    ],
)
def test_yes_or_no_is_read(text, value):
    assert yes_or_no(text) is value


@pytest.mark.parametrize(
    "text", ["maybe", "yes or no", "No idea", "not sure", "yesterday", "nothing", "1", "true", "."]
)
def test_anything_but_yes_or_no_is_unusable(text):
    with pytest.raises(UnusableAnswer):
        yes_or_no(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("STOP", "STOP"),
        ("Open\n 9 a.m.", "Open 9 a.m."),
        ("NO TEXT", ""),
        ("No text.", ""),
        ("NO TEXTING", "NO TEXTING"),
    ],
)
def test_transcription_keeps_every_word_and_full_stop(text, value):
    assert transcription(text) == value
