"""Pictures of generated scenes with their ground truth."""

import cv2
import numpy as np
import pytest

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import LEVELS, Scene
from vpd.geometry import Box
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture, ToolRequest
from vpd.tools.toolset import open_toolset


def picture_of(png: bytes, name: str) -> Picture:
    return Picture(name, np.asarray(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)))


def whole(picture: Picture) -> Box:
    return Box(0, 0, picture.width, picture.height)


def ask(tools, method, picture, *args, region=None):
    """Ask one request; returns the ToolResult or ToolFailure."""
    (answer,) = tools.tools[method].run([ToolRequest(picture, region or whole(picture), args)])
    return answer


@pytest.fixture(scope="session")
def cases() -> dict[str, list[tuple[Scene, Picture]]]:
    """Twenty scenes a level."""
    found = {}
    for level in LEVELS.values():
        made = [generate_scene(level, 40_000 + i) for i in range(20)]
        found[level.name] = [(s, picture_of(png, f"{level.name}-{s.seed}")) for s, png in made]
    return found


@pytest.fixture(scope="session")
def scenes_tools():
    return open_toolset("scenes")


@pytest.fixture(scope="session")
def oracle(cases):
    return oracle_toolset({picture.image_id: scene for level in cases.values() for scene, picture in level})


@pytest.fixture(name="ask", scope="session")
def ask_fixture():
    return ask
