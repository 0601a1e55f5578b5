"""Whether the sentences of a rationale are true of the picture, by the ground truth of a generated scene.

The checker holds a rationale against its trace; here it is held against the scene, so a tool's mistake makes
the sentences that rest on it false. Boxes are moved to the objects they mean, and the sentence must then
follow from what the tools should have said (`vpd.evaluation.true_events`): the objects of a list must be all
of that name and no others, a count the true count. A name without a box means the one object of that name
in the picture. A bare number ("3 is more than 2") is false if any step of the run that gave it should have
given another. The closing sentence is true if the answer is the label's.

For measuring only: nothing here decides what is kept.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vpd.datasets.scenes.world import Scene
from vpd.evaluation.sentence_kinds import kind_of
from vpd.evaluation.true_events import Corrected, correct
from vpd.execution.trace import TraceEvent
from vpd.rationale.checking.claims import read_sentence
from vpd.rationale.checking.closing import closing_of, sentences_of
from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.stated import GridBox, Numbered
from vpd.records import Question
from vpd.scoring.score import is_right
from vpd.tools.methods import IMAGE_PATCH, Method

_BOX = re.compile(r"\[(\d+) (\d+) (\d+) (\d+)\]")


@dataclass(frozen=True)
class Sentence:
    """A sentence of a rationale, its kind ("answer": the closing one), and whether it is true."""

    kind: str
    text: str
    true: bool


def judge_rationale(
    text: str,
    question: Question,
    events: Sequence[TraceEvent],
    exact: Sequence[TraceEvent],
    scene: Scene,
    methods: Mapping[str, Method] = IMAGE_PATCH,
) -> list[Sentence]:
    """Judge every sentence of the rationale of a run.

    `events` are those of the run, `exact` those of the same program with tools that know the truth.
    """
    truth = _Truth(correct(events, exact, scene, methods), scene, methods)
    closing = closing_of(sentences_of(text))
    claims = [claim.removesuffix(".") for claim in closing.claims]
    return [
        *(Sentence(kind_of(claim), claim, truth.bears_out(claim)) for claim in claims),
        Sentence("answer", closing.text, _is_label(closing.answer, question)),
    ]


def _is_label(answer: str | None, question: Question) -> bool:
    return answer is not None and is_right(answer, question.answers, question.choices)


class _Truth:
    """What is true of a scene, as far as a run asked for it."""

    def __init__(self, corrected: Corrected, scene: Scene, methods: Mapping[str, Method]) -> None:
        size = scene.width, scene.height
        should = [event for _, event in corrected.pairs if event is not None]
        self._facts = Facts(should, *size, methods)
        self._places: dict[GridBox, GridBox] = {
            box.on_grid(*size): place.on_grid(*size)
            for box, place in corrected.places.items()
            if place is not None
        }
        for event, true in corrected.pairs:
            said, right = (Facts([e], *size, methods).numbers if e else set() for e in (event, true))
            self._facts.numbers -= said - right

    def bears_out(self, sentence: str) -> bool:
        """Tell whether a sentence is true; numbers that it gives may be spoken of from then on."""
        reading = read_sentence(_BOX.sub(self._moved, sentence), self._facts)
        self._facts.numbers |= {fact.number for fact in reading.stated if isinstance(fact, Numbered)}
        return reading.problem is None

    def _moved(self, match: re.Match[str]) -> str:
        said: GridBox = tuple(map(int, match.groups()))  # type: ignore[assignment]
        return f"[{' '.join(map(str, self._places.get(said, said)))}]"
