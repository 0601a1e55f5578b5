"""A rationale taken apart: its sentences, and the answer that the last of them gives."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from vpd.rationale.checking.wording import masked

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z0-9])")
_ANSWER = re.compile(
    r"(?:(?:So|Thus|Therefore|Hence|Finally|In conclusion),? [Tt]|T)he answer is:? (.+)\.", re.DOTALL
)
_JOINED = (
    re.compile(r"(.+?)(?:[,;]? (?:and )?(?:so|thus|therefore|hence),?|;) the answer is:? (.+)\.", re.DOTALL),
    re.compile(r"((?:Since|Because) .+?), the answer is:? (.+)\.", re.DOTALL),
)
_OPENS = re.compile(r"(?:(?:So|Thus|Therefore|Hence|Finally|In conclusion),? [Tt]|T)he answer is\b")


@dataclass(frozen=True)
class Closing:
    """The sentences before the answer, the closing sentence, and the answer in it if it gives one."""

    claims: tuple[str, ...]
    text: str
    answer: str | None


def sentences_of(text: str) -> list[str]:
    """Return the sentences of a text: a full stop within quotes ends none."""
    whole = text.strip()
    ends = [m.span() for m in _SENTENCE_END.finditer(masked(whole))]
    starts = [0, *(end for _, end in ends)]
    return [whole[a:b] for a, b in zip(starts, [*(start for start, _ in ends), len(whole)], strict=True)]


def closing_of(sentences: Sequence[str]) -> Closing:
    """Return what the sentences say before the answer, and the answer.

    "The answer is U.S. Army." is one sentence though a full stop and a capital are within; "There is 1 cube,
    so the answer is 1." and "Since there is 1 cube, the answer is 1." are a claim and the closing.
    """
    *before, last = sentences
    if (said := _ANSWER.fullmatch(last)) is not None:
        return Closing((*before,), last, said[1])
    joined = [match for match in (form.fullmatch(masked(last)) for form in _JOINED) if match is not None]
    if joined:
        return Closing((*before, last[: joined[0].end(1)]), last, last[slice(*joined[0].span(2))])
    return _with_full_stops(sentences) or Closing((*before,), last, None)


def _with_full_stops(sentences: Sequence[str]) -> Closing | None:
    """Return a closing whose answer has full stops in it: initials, as in "U.S. Army"."""
    opening = [number for number, sentence in enumerate(sentences) if _OPENS.match(sentence)]
    if not opening:
        return None
    start = opening[-1]
    text = " ".join(sentences[start:])
    initials = all(re.search(r"\b[A-Za-z]{1,2}\.$", sentence) for sentence in sentences[start:-1])
    said = _ANSWER.fullmatch(text)
    return Closing((*sentences[:start],), text, said[1]) if said and initials else None
