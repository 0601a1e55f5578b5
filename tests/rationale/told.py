"""Programs run for real on one scene with oracle tools, and the rationales of their runs.

The scene in pixels of a 100 x 100 picture, so that a box times ten is its place on the grid:
a large red cube (left, nearest but one), a small blue cube (middle, nearest), a small green sphere (right),
and a large red cylinder (middle, farthest).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import TraceEvent, events_from_json, events_to_json
from vpd.geometry import Box
from vpd.rationale.render import render
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture

SIZE = 100

Shapes = dict[str, tuple[str, str, tuple[str, ...]]]
"""name: (body after `image_patch = ImagePatch(image)`, answer, what the rationale must say)"""


def _object(shape: str, color: str, size: str, depth: float, *box: float) -> SceneObject:
    return SceneObject(shape, color, size, "metal", 0.0, depth, depth, Box(*box), 1.0)


MAIN = (
    _object("cube", "red", "large", 3.0, 10, 40, 30, 60),
    _object("cube", "blue", "small", 2.0, 50, 60, 62, 72),
    _object("sphere", "green", "small", 4.0, 70, 30, 82, 42),
    _object("cylinder", "red", "large", 5.0, 40, 10, 58, 34),
)


@dataclass(frozen=True)
class Told:
    """A program's run and the rationale of it."""

    source: str
    events: tuple[TraceEvent, ...]
    answer: str
    text: str


Tell = Callable[[str], Told]


def program(body: str) -> str:
    lines = ["image_patch = ImagePatch(image)", *body.strip("\n").split("\n")]
    return "def execute_command(image):\n" + "\n".join(f"    {line}" for line in lines)


def tell_all(programs: Mapping[str, tuple[str, tuple[SceneObject, ...]]]) -> dict[str, Told]:
    """Run programs, each on a scene of some objects, and render what they did."""
    scenes = {str(id(o)): Scene("full", 0, SIZE, SIZE, o) for _, o in programs.values()}
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    jobs = [Job(source, Picture(str(id(o)), pixels), name) for name, (source, o) in programs.items()]
    told = {}
    with open_engine(oracle_toolset(scenes), EngineSettings(in_flight=8)) as engine:
        for job, run in engine.run(jobs):
            program = canonical(job.source)
            assert isinstance(program, Program)
            assert run.outcome == "answered", f"{job.tag}: {run.outcome} {run.message}\n{job.source}"
            assert run.answer is not None
            events = events_from_json(events_to_json(run.events))
            text = render(program.source, events, run.answer, SIZE, SIZE)
            told[job.tag] = Told(program.source, events, run.answer, text)
    return told
