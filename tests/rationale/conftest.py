"""Fixtures over real runs of programs of many shapes."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from tests.rationale.counting_programs import COUNTING
from tests.rationale.filled_store import fill
from tests.rationale.place_programs import PLACES
from tests.rationale.reply_programs import REPLIES
from tests.rationale.told import MAIN, SIZE, Shapes, Tell, Told, program, tell_all
from tests.tools.examples.scene_meanings import SCENE_MEANINGS
from vpd.datasets.scenes.counterfactual import counterfactual_scenes
from vpd.datasets.scenes.world import FULL, Scene, SceneObject
from vpd.geometry import Box
from vpd.store import ArtifactStore
from vpd.tools.examples.scenes import SCENE_EXAMPLES

SHAPES: Shapes = {**COUNTING, **PLACES, **REPLIES}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shape" in metafunc.fixturenames:
        metafunc.parametrize("shape", SHAPES)


@pytest.fixture(scope="session")
def told() -> dict[str, Told]:
    """The runs of all shapes on the main scene, by name."""
    return tell_all({name: (program(body), MAIN) for name, (body, _, _) in SHAPES.items()})


@pytest.fixture(scope="session")
def told_examples() -> dict[str, Told]:
    """The runs of the prompt's worked examples, each on a scene in which its question has an answer."""
    return tell_all({e.question: (e.program, _scene_for(e.question)) for e in SCENE_EXAMPLES})


def _scene_for(question: str) -> tuple[SceneObject, ...]:
    [scene] = counterfactual_scenes(SCENE_MEANINGS[question], FULL, 1, seed=2)
    return tuple(replace(o, box=_scaled(o.box, scene)) for o in scene.objects)


def _scaled(box: Box, scene: Scene) -> Box:
    across, down = SIZE / scene.width, SIZE / scene.height
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


@pytest.fixture(scope="session")
def tell() -> Tell:
    """Run one more body of a program on the main scene."""
    return lambda body: tell_all({"one": (program(body), MAIN)})["one"]


@pytest.fixture
def expected(shape: str) -> tuple[str, tuple[str, ...]]:
    """The answer of a shape, and what its rationale must say, in lower case."""
    return SHAPES[shape][1:]


@pytest.fixture
def store(tmp_path: Path, filled: Path) -> ArtifactStore:
    """A store of its own for a test, with questions, programs, traces and verdicts in shard s-000."""
    shutil.copytree(filled, tmp_path / "store")
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, told: dict[str, Told]) -> Path:
    """The folder of a store with the runs of all shapes."""
    folder = tmp_path_factory.mktemp("filled")
    fill(folder, told)
    return folder
