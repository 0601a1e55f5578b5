"""Programs that attack or break: each ends in its outcome, and the next program is unharmed."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.tools.protocol import Picture

HONEST = "def execute_command(image):\n    return str(len(ImagePatch(image).find('cube')))"


@dataclass(frozen=True)
class Hostile:
    outcome: str
    source: str


def hostile_programs() -> dict[str, Hostile]:
    """The programs of the folder `hostile`, by group and name: a file for each thing attacked."""
    found = {}
    for file in sorted(Path(__file__).with_name("hostile").glob("*.txt")):
        parts = re.split(r"^### (\w+): (.+)\n", file.read_text(), flags=re.MULTILINE)[1:]
        for outcome, name, source in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
            found[f"{file.stem}: {name}"] = Hostile(outcome, source)
    return found


PROGRAMS = hostile_programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_hostile_program_ends_in_its_outcome_and_harms_no_other(
    name: str, engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    program, picture = PROGRAMS[name], fake_picture()
    jobs = [Job(HONEST, picture), Job(program.source, picture), Job(HONEST, picture)]
    before, hostile, beside = (run for _, run in engine.run(jobs))
    answered = program.outcome == "answered"
    assert hostile.outcome == program.outcome, hostile.message
    assert (hostile.answer is not None, hostile.message is None) == (answered, answered)
    assert (before.answer, beside.answer) == ("3", "3")
    [(_, after)] = engine.run([Job(HONEST, picture)])
    assert after.answer == "3"


def test_hostile_suite_is_large_and_grouped() -> None:
    groups = {name.split(":")[0] for name in PROGRAMS}
    assert len({program.source for program in PROGRAMS.values()}) == len(PROGRAMS) >= 120
    assert len(groups) >= 12


def test_hostile_budget_and_crash_keep_no_events(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = "def execute_command(image):\n    ImagePatch(image).exists('cube')\n    "
    ends = ["return 'a' * 10 ** 9", "while True:\n        pass", "ImagePatch(image).exists('broken')"]
    runs = [run for _, run in engine.run(Job(source + end, fake_picture()) for end in ends)]
    assert [run.outcome for run in runs] == ["budget", "budget", "crash"]
    assert [run.events for run in runs] == [()] * 3


def test_sandbox_random_numbers_are_the_same_in_every_session(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = "import random\ndef execute_command(image):\n    return str(random.random())"
    answers = {run.answer for _, run in engine.run([Job(source, fake_picture())] * 5)}
    assert len(answers) == 1


def test_sandbox_sessions_share_nothing(engine: Engine, fake_picture: Callable[..., Picture]) -> None:
    source = "seen = []\ndef execute_command(image):\n    seen.append(1)\n    return len(seen)"
    assert {run.answer for _, run in engine.run([Job(source, fake_picture())] * 12)} == {"1"}
