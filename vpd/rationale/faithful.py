"""The check that a rationale says nothing the trace does not: whoever wrote it, template or model.

It reads the text on its own, sentence by sentence, and holds each claim against the typed events. It shares
no state with the renderer. A rationale with problems is not used.

Not yet: that nothing needed is left out, and that the claims are true of the picture (a tool may be wrong).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vpd.execution.trace import TraceEvent
from vpd.rationale.claims import check_sentence
from vpd.rationale.facts import Facts
from vpd.scoring.score import answer_key
from vpd.tools.methods import IMAGE_PATCH, Method

CHECKER = "claims@2"
_SENTENCE_END = re.compile(r'(?<=[.!?])\s+(?=[A-Z0-9])(?=(?:[^"]*"[^"]*")*[^"]*$)')  # not within quotes
_ANSWER = re.compile(r"The answer is (.+)\.")


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rationale.

    claim: a sentence that the trace does not bear out, or of a form that is not understood
    answer: the closing sentence is missing, not last, or not the run's answer
    evidence: there is nothing but the answer
    length: it is longer than the caller allows
    trace: there are no events to hold it against
    """

    kind: Literal["claim", "answer", "evidence", "length", "trace"]
    message: str


def check_rationale(
    text: str,
    events: Sequence[TraceEvent],
    answer: str,
    width: int,
    height: int,
    methods: Mapping[str, Method] = IMAGE_PATCH,
) -> list[Problem]:
    """Return what is wrong with a rationale of a run that gave `answer`; an empty list if nothing is.

    `width` and `height` are those of the picture in pixels, for the 0-1000 grid of the boxes; `methods` those
    of the tools that were used.
    """
    *claims, closing = _SENTENCE_END.split(text.strip())
    problems = [] if claims else [Problem("evidence", "it says nothing but the answer")]
    facts = Facts(events, width, height, methods)
    for sentence in claims:
        wrong = check_sentence(sentence.removesuffix("."), facts)
        if wrong is not None:
            problems.append(Problem("claim", f"{sentence!r}: {wrong}"))
    said = _ANSWER.fullmatch(closing)
    if said is None:
        problems.append(Problem("answer", f"it ends with {closing!r}, not with the answer"))
    elif answer_key(said[1]) != answer_key(answer):
        problems.append(Problem("answer", f"it says {said[1]!r}, the program answered {answer!r}"))
    return problems
