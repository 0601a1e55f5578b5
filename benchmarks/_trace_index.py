"""What a trace has, for planting what it has not: boxes by name, results of properties, replies."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.rationale.nouns import name_key, quality_key
from vpd.scoring.normalize import normalize

Grid = tuple[int, ...]
BOX = r"\[\d+ \d+ \d+ \d+\]"
BOXES = rf"{BOX}(?:(?:, | and ){BOX})*"
PLACED = re.compile(rf"(?P<how>\b(?:[Aa]n?|[Tt]he|\d+)) (?P<name>[^\W\d_][\w' -]*?),? at (?P<boxes>{BOXES})")


@dataclass
class Known:
    """What the trace has: boxes by searched name, all boxes, results of properties, replies."""

    named: dict[str, set[Grid]] = field(default_factory=lambda: defaultdict(set))
    boxes: set[Grid] = field(default_factory=set)
    verified: dict[str, set[tuple[Grid, bool]]] = field(default_factory=lambda: defaultdict(set))
    replies: dict[str, set[Grid]] = field(default_factory=lambda: defaultdict(set))


def known_from(events: Sequence[TraceEvent], size: tuple[int, int]) -> Known:
    """Return what the events of a run on a picture of this (width, height) in pixels have."""
    known = Known()
    for event in (e for e in events if e.kind == "tool"):
        at = event.patch.box.on_grid(*size) if event.patch is not None else (0, 0, 1000, 1000)
        known.boxes.add(at)
        match event.name, event.args, event.value:
            case "find", (str(name),), tuple(found):
                boxes = {p.box.on_grid(*size) for p in found if isinstance(p, PatchRef)}
                known.named[name_key(name)] |= boxes
                known.boxes |= boxes
            case "exists", (str(name),), _:
                known.named[name_key(name)] |= set()
            case "verify_property", (_, str(prop)), bool(holds):
                known.verified[quality_key(prop)].add((at, holds))
            case _, _, str(reply):
                known.replies[normalize(reply)].add(at)
    return known


def grid(text: str) -> Grid:
    """Return the numbers of a box as a rationale writes it."""
    return tuple(int(n) for n in re.findall(r"\d+", text))


def written(box: Sequence[int]) -> str:
    """Return a box as a rationale writes it."""
    return f"[{' '.join(map(str, box))}]"


def put(text: str, span: tuple[int, int], new: str) -> str:
    """Return a text with something new in a span of it."""
    return text[: span[0]] + new + text[span[1] :]
