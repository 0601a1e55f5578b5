"""The world of generated pictures: what can be in a scene, and how it is written down.

Ground plane: x to the right, z away from the camera, unit lengths. `depth` is the distance from the camera.
An object is in front of another when its depth is smaller.
"""

import json
from dataclasses import asdict, dataclass
from typing import Literal

from vpd.geometry import Box
from vpd.records import canonical_json

LevelName = Literal["easy", "full"]


@dataclass(frozen=True)
class Level:
    """What a level's scenes may hold."""

    name: LevelName
    shapes: tuple[str, ...]
    colors: tuple[str, ...]
    sizes: tuple[str, ...]
    materials: tuple[str, ...]
    objects: tuple[int, int]
    picture: tuple[int, int]


EASY = Level(
    name="easy",
    shapes=("cube", "sphere", "cylinder"),
    colors=("red", "blue", "green", "yellow"),
    sizes=("small", "large"),
    materials=(),
    objects=(2, 4),
    picture=(96, 96),
)
FULL = Level(
    name="full",
    shapes=("cube", "sphere", "cylinder", "cone"),
    colors=("red", "blue", "green", "yellow", "purple", "cyan", "orange", "brown", "gray"),
    sizes=("small", "large"),
    materials=("metal", "rubber"),
    objects=(3, 8),
    picture=(320, 240),
)
LEVELS: dict[str, Level] = {level.name: level for level in (EASY, FULL)}


@dataclass(frozen=True)
class SceneObject:
    """One solid. `box` bounds its whole outline in pixels; `visible` is the unhidden share of its area."""

    shape: str
    color: str
    size: str
    material: str
    x: float
    z: float
    depth: float
    box: Box
    visible: float


@dataclass(frozen=True)
class Scene:
    """Ground truth of one generated picture."""

    level: LevelName
    seed: int
    width: int
    height: int
    objects: tuple[SceneObject, ...]

    def to_json(self) -> str:
        """Return canonical JSON."""
        return canonical_json(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> "Scene":
        """Return the scene of canonical JSON."""
        data = json.loads(text)
        objects = tuple(SceneObject(**{**o, "box": Box(**o["box"])}) for o in data.pop("objects"))
        return cls(**data, objects=objects)
