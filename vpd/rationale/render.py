"""Rationales by template: short English from the trace of a run, always the same for the same trace and seed.

Facts come only from the trace: `vpd.rationale.reading` says which, `vpd.rationale.telling` how. Whether the
text is true is checked apart (`vpd.rationale.faithful`). Not here: rewording by a model (`vpd.rewriting`).
"""

from collections.abc import Iterator, Mapping, Sequence

from vpd.execution.trace import TraceEvent
from vpd.rationale.reading.notes import Counts, Note, Sum
from vpd.rationale.reading.reader import take_notes
from vpd.rationale.telling.forms import Phrasing
from vpd.rationale.telling.naming import Naming
from vpd.rationale.telling.speaker import Speaker
from vpd.scoring.normalize import normalize
from vpd.tools.methods import IMAGE_PATCH, Method

RENDERER = "template@2"


def render(
    source: str,
    events: Sequence[TraceEvent],
    answer: str,
    width: int,
    height: int,
    methods: Mapping[str, Method] = IMAGE_PATCH,
    *,
    seed: str = "",
) -> str:
    """Return the rationale of a run of the canonical program `source` that gave `answer`.

    `width` and `height` are the picture's in pixels; boxes are written on the 0-1000 grid. The last sentence
    is "The answer is X." with the normalised answer. `methods` are those of the tools that were used. `seed`,
    such as the question's id, picks among phrasings; the empty one takes the first of each form.
    """
    notes = take_notes(source, events, width, height, methods)
    said = normalize(answer)
    counted = {*_counted(notes), *([float(said)] if said.isdecimal() else [])}
    speaker = Speaker(Naming(events, width, height), Phrasing(seed), counted)
    sentences = [sentence for note in notes for sentence in speaker.say(note)]
    return " ".join([*dict.fromkeys(sentences), f"The answer is {said}."])


def _counted(notes: Sequence[Note]) -> Iterator[float]:
    """Yield the numbers that the program compared or added up."""
    for note in notes:
        if isinstance(note, Counts | Sum):
            yield from (note.one, note.other)
