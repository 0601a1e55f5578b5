"""What the tools of a run should have said: its calls asked again of the scene, at the places it meant.

A box that a tool took for an object means the true object with the best intersection over union, if that is
at least 0.5; else it means nothing, and what was asked about it bears nothing out. A region that the program
cut out means itself. Steps of the program itself (values, tests, the return) are those of the same program
run with exact tools.

Not here: what a sentence says of it (`vpd.evaluation.truth`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from vpd.datasets.scenes.world import Scene
from vpd.evaluation.boxes import IOU_THRESHOLD, best_object
from vpd.execution.trace import PatchRef, TraceEvent, Value
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH, Method
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Detection, Picture, ToolFailure, ToolRequest


@dataclass(frozen=True)
class Corrected:
    """A run's steps as they should have been.

    pairs:  each step of the run with the same step as it should have been; None if there is no such
    places: the true place of each box that a tool took for an object; None where there is no object
    """

    pairs: tuple[tuple[TraceEvent, TraceEvent | None], ...]
    places: Mapping[Box, Box | None]


def correct(
    events: Sequence[TraceEvent],
    exact: Sequence[TraceEvent],
    scene: Scene,
    methods: Mapping[str, Method] = IMAGE_PATCH,
) -> Corrected:
    """Return what the steps of a run should have been.

    `exact` are the steps of the same program on the same picture with tools that know the truth.
    """
    places = {box: _place(box, scene) for box in _taken_for_objects(events)}
    oracle = _Oracle(scene, methods)
    steps: dict[tuple[object, ...], list[TraceEvent]] = defaultdict(list)
    for event in exact:
        steps[_step(event)].append(event)
    seen: dict[tuple[object, ...], int] = defaultdict(int)
    pairs = []
    for event in events:
        if event.kind == "tool":
            pairs.append((event, oracle.ask(event, places)))
            continue
        step = _step(event)
        same = steps[step][seen[step] :][:1]
        seen[step] += 1
        pairs.append((event, same[0] if same else None))
    return Corrected(tuple(pairs), places)


def _step(event: TraceEvent) -> tuple[object, ...]:
    return event.line, event.kind, event.name


class _Oracle:
    """Answers calls from a scene."""

    def __init__(self, scene: Scene, methods: Mapping[str, Method]) -> None:
        self._picture = Picture("scene", np.zeros((scene.height, scene.width, 3), np.uint8))
        self._tools = oracle_toolset({"scene": scene}).tools
        self._methods = methods

    def ask(self, event: TraceEvent, places: Mapping[Box, Box | None]) -> TraceEvent | None:
        """Return the event of a call as it should have been, or None if there is no answer to it."""
        tool, patch = self._tools.get(event.name), event.patch
        at = places.get(patch.box, patch.box) if patch is not None else None
        if tool is None or patch is None or at is None:
            return None
        [answer] = tool.run([ToolRequest(self._picture, at, event.args)])  # type: ignore[arg-type]
        if isinstance(answer, ToolFailure):
            return None
        value: Value = answer.value  # type: ignore[assignment]
        if isinstance(answer.value, tuple):
            name = self._methods[event.name].named(event.args)
            boxes = [found.box for found in answer.value if isinstance(found, Detection)]
            value = tuple(PatchRef(number, name, box) for number, box in enumerate(boxes, start=1))
        return replace(event, value=value, patch=replace(patch, box=at), confidence=answer.confidence)


def _place(box: Box, scene: Scene) -> Box | None:
    found, iou = best_object(box, scene)
    return found.box if found is not None and iou >= IOU_THRESHOLD else None


def _taken_for_objects(events: Sequence[TraceEvent]) -> Iterable[Box]:
    """Return the boxes that tools found."""
    found = (_patches(event.value) for event in events if event.kind == "tool")
    return dict.fromkeys(patch.box for patches in found for patch in patches)


def _patches(value: Value) -> Iterator[PatchRef]:
    for item in value if isinstance(value, tuple) else ():
        if isinstance(item, PatchRef):
            yield item
