"""Rationales by template: short English from the trace of a run, always the same for the same trace.

Facts come only from the trace: `vpd.rationale.reader` says which, `vpd.rationale.phrases` how. Whether the
text is true is checked apart (`vpd.rationale.faithful`). Not here: several phrasings, rewording by a model.
"""

from collections.abc import Mapping, Sequence

from vpd.execution.trace import TraceEvent
from vpd.rationale.phrases import Speaker
from vpd.rationale.reader import take_notes
from vpd.scoring.normalize import normalize
from vpd.tools.methods import IMAGE_PATCH, Method

RENDERER = "template@1"


def render(
    source: str,
    events: Sequence[TraceEvent],
    answer: str,
    width: int,
    height: int,
    methods: Mapping[str, Method] = IMAGE_PATCH,
) -> str:
    """Return the rationale of a run of the canonical program `source` that gave `answer`.

    `width` and `height` are the picture's in pixels; boxes are written on the 0-1000 grid. The last sentence
    is "The answer is X." with the normalised answer. `methods` are those of the tools that were used.
    """
    notes = take_notes(source, events, width, height, methods)
    speaker = Speaker(notes, width, height)
    sentences = [sentence for note in notes for sentence in speaker.say(note)]
    return " ".join([*dict.fromkeys(sentences), f"The answer is {normalize(answer)}."])
