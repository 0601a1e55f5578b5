"""Tools that see what a test says, right or wrong, and runs of programs with them."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.geometry import Box
from vpd.tools.names import Traits
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.scene_methods import Sighting, scene_tools

WIDE, HIGH = 200, 100
RED = SceneObject("cube", "red", "small", "", 0, 0, 4.0, Box(10, 40, 40, 70), 1.0)
BLUE = SceneObject("cube", "blue", "large", "", 0, 0, 6.0, Box(70, 20, 110, 60), 1.0)
BALL = SceneObject("sphere", "green", "small", "", 0, 0, 8.0, Box(150, 30, 170, 50), 1.0)
SCENE = Scene("easy", 0, WIDE, HIGH, (RED, BLUE, BALL))


def moved(o: SceneObject, by: float) -> SceneObject:
    """Return an object that is seen further to the right by so many pixels."""
    return replace(o, box=Box(o.box.left + by, o.box.top, o.box.right + by, o.box.bottom))


class Seeing:
    """Sees these objects in every picture."""

    version = "seeing"

    def __init__(self, objects: Sequence[SceneObject]) -> None:
        self.objects = objects

    def look(self, _picture: Picture) -> tuple[Sighting, ...]:
        return tuple(
            Sighting(Traits(o.shape, o.color, o.size, o.material), o.box, o.depth, 0.9) for o in self.objects
        )


def tools_that_see(objects: Sequence[SceneObject]) -> ToolSet:
    """Return the tools for scenes with these eyes."""
    return ToolSet("seeing", scene_tools(Seeing(objects)), full_batch=1)


def run_program(source: str, objects: Sequence[SceneObject]) -> Run:
    """Run a program with tools that see these objects."""
    picture = Picture("picture", np.zeros((HIGH, WIDE, 3), np.uint8))
    with open_engine(tools_that_see(objects), EngineSettings(in_flight=1)) as engine:
        [(_, run)] = engine.run([Job(source, picture)])
    return run
