"""Questions whose programs can be judged exactly: each with pictures for which the true answer is known.

Nobody looks at pixels: the tools know what is in each picture. A program is right if it answers right on all
of a question's pictures. The texts about scenes are the demo's; those about everyday pictures are asked
nowhere else.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vpd.datasets.everyday.forms import worlds_for
from vpd.datasets.everyday.questions import BANK
from vpd.datasets.everyday.tools import blank_picture, everyday_toolset
from vpd.datasets.everyday.world import EverydayScene
from vpd.datasets.scenes.counterfactual import counterfactual_scenes
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import EASY, Level, Scene
from vpd.execution.engine import open_engine
from vpd.execution.run import Job
from vpd.scoring.score import is_right
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture, ToolSet

PICTURES = 12
SEED = 0


@dataclass(frozen=True)
class Puzzle:
    """A question with pictures and their true answers."""

    text: str
    family: str
    pictures: tuple[tuple[Picture, str], ...]


@dataclass(frozen=True)
class Judged:
    """How a program did on a question's pictures: the share that it answered, and whether all were right."""

    answered: float
    right: bool


def scene_puzzles(level: Level = EASY) -> tuple[list[Puzzle], ToolSet]:
    """Return the questions about easy scenes, with scenes of a level, and tools that know them."""
    scenes: dict[str, Scene] = {}
    puzzles = []
    blank = np.zeros((level.picture[1], level.picture[0], 3), np.uint8)
    for form in bank(EASY):
        found = counterfactual_scenes(form.answer, level, PICTURES, SEED)
        scenes |= {str(scene.seed): scene for scene in found}
        pairs = ((Picture(str(s.seed), blank), form.answer(s.objects) or "") for s in found)
        puzzles.append(Puzzle(form.text, form.family, tuple(pairs)))
    return puzzles, oracle_toolset(scenes)


def everyday_puzzles() -> tuple[list[Puzzle], ToolSet]:
    """Return the questions about everyday pictures, and tools that know them."""
    scenes: dict[str, EverydayScene] = {}
    puzzles = []
    for form in BANK:
        found = worlds_for(form, PICTURES, SEED)
        scenes |= {scene.seed: scene for scene in found}
        pairs = ((blank_picture(s.seed), form.answer(s) or "") for s in found)
        puzzles.append(Puzzle(form.text, form.family, tuple(pairs)))
    return puzzles, everyday_toolset(scenes)


def judge(
    puzzles: Sequence[Puzzle], tools: ToolSet, programs: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], Judged]:
    """Judge the programs of each question, by question text and program."""
    answered: dict[tuple[str, str], list[bool]] = {}
    right: dict[tuple[str, str], list[bool]] = {}

    def jobs() -> Iterator[Job]:
        for puzzle in puzzles:
            for source in dict.fromkeys(programs.get(puzzle.text, ())):
                for picture, answer in puzzle.pictures:
                    yield Job(source, picture, (puzzle.text, source, answer))

    with open_engine(tools) as engine:
        for job, run in engine.run(jobs()):
            text, source, answer = job.tag
            answered.setdefault((text, source), []).append(run.answer is not None)
            right.setdefault((text, source), []).append(is_right(run.answer or "", [answer]))
    return {key: Judged(float(np.mean(found)), all(right[key])) for key, found in answered.items()}
