"""The check that a rationale says what a run's answer depends on and nothing that its trace does not bear
out, whoever wrote it: template or model.

It reads the text on its own, sentence by sentence, and holds each claim against the typed events. It shares
no state with the renderer. A rationale with problems is not used.

Not here: whether the claims are true of the picture (a tool may be wrong).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from vpd.execution.trace import TraceEvent
from vpd.rationale.checking.claims import read_sentence
from vpd.rationale.checking.closing import closing_of, sentences_of
from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.omitted import omissions
from vpd.rationale.checking.stated import Fact, Numbered
from vpd.scoring.score import answer_key
from vpd.tools.methods import IMAGE_PATCH, Method

CHECKER = "claims@4"


@dataclass(frozen=True)
class Problem:
    """What is wrong with a rationale.

    claim: a sentence that the trace does not bear out, or of a form that is not understood
    omitted: something that the answer depends on is said nowhere
    answer: the closing sentence is missing, not last, or not the run's answer
    evidence: there is nothing but the answer
    length: it is longer than the caller allows
    trace: there are no events to hold it against
    """

    kind: Literal["claim", "omitted", "answer", "evidence", "length", "trace"]
    message: str


def check_rationale(
    text: str,
    source: str,
    events: Sequence[TraceEvent],
    answer: str,
    width: int,
    height: int,
    methods: Mapping[str, Method] = IMAGE_PATCH,
) -> list[Problem]:
    """Return what is wrong with a rationale of a run that gave `answer`; an empty list if nothing is.

    `source` is the canonical program that ran. `width` and `height` are those of the picture in pixels, for
    the 0-1000 grid of the boxes; `methods` those of the tools that were used. What is left out is looked for
    only where all that is said is understood and true.
    """
    closing = closing_of(sentences_of(text))
    facts = Facts(events, width, height, methods)
    problems = [] if closing.claims else [Problem("evidence", "it says nothing but the answer")]
    stated = set[Fact]()
    for sentence in closing.claims:
        reading = read_sentence(sentence.removesuffix("."), facts)
        stated |= reading.stated
        facts.numbers |= {fact.number for fact in reading.stated if isinstance(fact, Numbered)}
        if reading.problem is not None:
            problems.append(Problem("claim", f"{sentence!r}: {reading.problem}"))
    if closing.answer is None:
        problems.append(Problem("answer", f"it ends with {closing.text!r}, not with the answer"))
    elif answer_key(closing.answer) != answer_key(answer):
        problems.append(Problem("answer", f"it says {closing.answer!r}, the program answered {answer!r}"))
    if not problems:
        problems += [
            Problem("omitted", f"it does not say {what}")
            for what in omissions(source, events, facts, frozenset(stated))
        ]
    return problems
