"""Whether the answers of a program's trial runs are of the kind that its question asks for.

A rule, not a judgement: said is only what no right answer can be. Where nothing is found, the last world, a
program may answer what it likes.
"""

import re
from collections.abc import Sequence

from vpd.review.answer_type import AnswerType, answer_type, begins_with_question_word
from vpd.scoring.normalize import normalize

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_OF_A_THING = re.compile(r"\b(?:what|which) (?:colou?r|shape|material|size)\b")
_YES_NO = ("yes", "no")


def wrong_answer(question: str, choices: Sequence[str], answers: Sequence[str]) -> str:
    """Say which of the answers cannot answer the question, and what can; empty if all may."""
    kind = answer_type(question, choices)
    for answer in answers:
        reason = _wrong(kind, question, choices, normalize(answer))
        if reason:
            return f"in a trial run the answer was {answer[:60]!r}, but {reason}"
    return ""


def fits_question(question: str, choices: Sequence[str], answer: str) -> bool:
    """Tell whether a normalised answer is of the kind that the question asks for (PropTest's type test)."""
    return not _wrong(answer_type(question, choices), question, choices, answer)


def _wrong(kind: AnswerType, question: str, choices: Sequence[str], answer: str) -> str:
    is_yes_no, is_number = answer in _YES_NO, bool(_NUMBER.fullmatch(answer))
    if kind == "yes or no":
        return "" if is_yes_no else 'the question asks for "yes" or "no"'
    if kind == "number":
        return "" if is_number else "the question asks for a number"
    if kind == "choice" and is_yes_no and answer not in map(normalize, choices):
        return f"the question asks for one of {', '.join(choices)}" if choices else _ONE_OF_THEM
    if kind == "text" and is_yes_no and begins_with_question_word(question):
        return "the question does not ask for yes or no"
    if kind == "text" and is_number and _OF_A_THING.search(question.lower()):
        return "the question does not ask for a number"
    return ""


_ONE_OF_THEM = "the question asks for one of the things that it names"
