"""What kind of answer a question asks for, told from the forms of English questions.

"Is there a cat or a dog?" asks for yes or no, "Is the kite pink or yellow?" for one of the options in it.
Written for questions as in GQA, VQA, TallyQA, OK-VQA and CLEVR; what fits no form asks for a text.

Not here: whether a program gives such an answer (`vpd.review.answer_check`).
"""

import re
from collections.abc import Sequence
from typing import Literal

AnswerType = Literal["yes or no", "number", "choice", "text"]

_AUXILIARY = (
    r"(?:is|are|was|were|am|do|does|did|can|could|will|would|should|shall|may|might|must|has|have|had)(?:n't)?"
    r"|ain't|can't|won't"
)
_ASKING = r"(?:what|which|who|whom|whose|where|when|why|how)(?:'s|'re)?"
_ASIDE = r"(?:please|so|and|now|then|well)\s+"
_ASK_ME = (
    r"(?:(?:can|could|would|do|will) you (?:please )?)?(?:tell me|tell|say|know|see|guess|name|describe)"
    rf" (?:if|whether|(?={_ASKING}\b))"
)
_PREPOSITION = r"(?:(?:in|on|at|of|from|to|for|with|by|about|under|through|near|into)\s+(?:the\s+)?)"
_BEGINS = re.compile(rf"(?:{_ASIDE})?(?:{_AUXILIARY}|{_PREPOSITION}?{_ASKING}|count|any|anyone|anybody)\b")
_WH = re.compile(rf"{_PREPOSITION}?{_ASKING}\b")
_NUMBER = re.compile(
    rf"{_PREPOSITION}?how many\b|{_PREPOSITION}?what number of\b|count\b|(?:the )?(?:total )?number of\b"
    r"|(?:what is|what's|what was) the (?:\w+ )?(?:number|count|amount) of\b"
)
_YES_NO = re.compile(rf"(?:{_AUXILIARY}|any|anyone|anybody|if|whether)\b")
_TAG = re.compile(rf", (?:(?:{_AUXILIARY}) (?:it|he|she|they|there|this|that|not)|right|correct|yes|no)$")
_THERE = re.compile(
    r"(?:is|are|was|were)(?:n't)? there\b|(?:do|can|could|did) (?:you|we) (?:\w+ )?(?:see|spot|find|notice)\b"
    r"|(?:does|do) (?:the|this) (?:image|picture|photo|photograph|scene) (?:contain|show|have|include)\b"
)
_NO_OPTIONS = re.compile(
    r"\bor not\b|\b(?:\d+|one|two|three|four|five) or (?:more|fewer|less|two|three|four|five|\d+)\b"
    r"|\bor so\b|\bor other\b"
)
_COMPARED = re.compile(r"\b(?:than|as many|as much|the same (?:\w+ )?as)\b")
_OPPOSITES = re.compile(
    r"\b(\w+er|more|less|taller) (?:than )?or (?:\w+er|more|less)\b|\bleft or (?:\w+ )*right\b"
)
_MORE = re.compile(r"\b(?:more|fewer|less)\b")
_OPTIONAL = re.compile(r"\b(?:either|any|anything|anyone|anybody)\b")
_OR = re.compile(r"\bor\b")
_OFFERED = re.compile(r"[,:;] .*\bor\b")
_OPTION_WORDS = re.compile(r"([\w'-]+),? or (?:an? |the |is it |to the |on the )*([\w'-]+)")


def answer_type(question: str, choices: Sequence[str] = ()) -> AnswerType:
    """Return what kind of answer a question asks for; `choices` are the options that come with it."""
    if choices:
        yes_no = {choice.strip().lower() for choice in choices} <= {"yes", "no"}
        return "yes or no" if yes_no else "choice"
    asked = _asked(question)
    if _NUMBER.match(asked):
        return "number"
    if _WH.match(asked):
        return "choice" if _OFFERED.search(asked) else "text"
    if _TAG.search(asked):
        return "yes or no"
    if _YES_NO.match(asked):
        return "choice" if _has_options(asked) else "yes or no"
    return "choice" if _OR.search(asked) else "text"


def option_words(question: str) -> tuple[str, ...]:
    """Return the words on both sides of the last "or" of a question, or nothing."""
    found = _OPTION_WORDS.findall(_plain(question))
    return found[-1] if found else ()


def begins_with_question_word(question: str) -> bool:
    """Tell whether what is asked begins with what, which, who, where, when, why or how."""
    return bool(_WH.match(_asked(question)))


def _plain(question: str) -> str:
    return " ".join(question.lower().replace("’", "'").split()).rstrip(" ?.!")


def _asked(question: str) -> str:
    """Return the question in lower case, from the clause that asks on."""
    text = re.sub(rf"^{_ASK_ME}\s*", _without_asking, _plain(question))
    starts = [0, *(match.end() for match in re.finditer(r"[,;:.!?] ", text))]
    start = next((s for s in starts if _BEGINS.match(text, s)), 0)
    return re.sub(rf"^{_ASIDE}", "", text[start:])


def _without_asking(match: re.Match[str]) -> str:
    return "whether " if match[0].split()[-1] in ("if", "whether") else ""


def _has_options(asked: str) -> bool:
    """Tell whether a question that begins with an auxiliary verb offers options to choose from."""
    rest = _NO_OPTIONS.sub(" ", asked)
    if not _OR.search(rest):
        return False
    if _OPPOSITES.search(rest):
        return True
    if _COMPARED.search(rest) or _OPTIONAL.search(rest):
        return False
    if _THERE.match(rest):
        return bool(_MORE.search(rest))
    return True
