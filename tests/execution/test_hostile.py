"""Programs that attack or break: each ends in its outcome, and the next program is unharmed."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.tools.protocol import Picture

HONEST = "def execute_command(image):\n    return str(len(ImagePatch(image).find('cube')))"

_TEXT = Path(__file__).with_name("hostile_programs.txt").read_text()
_PARTS = re.split(
    r"^### (\w+): (.+)\n", re.sub(r"^## .*\n", "", _TEXT, flags=re.MULTILINE), flags=re.MULTILINE
)
OUTCOMES = dict(zip(_PARTS[2::3], _PARTS[1::3], strict=True))
SOURCES = dict(zip(_PARTS[2::3], _PARTS[3::3], strict=True))


@pytest.mark.parametrize("name", SOURCES)
def test_hostile_program_ends_in_its_outcome_and_harms_no_other(
    name: str, engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    picture = fake_picture()
    jobs = [Job(HONEST, picture), Job(SOURCES[name], picture), Job(HONEST, picture)]
    before, hostile, beside = (run for _, run in engine.run(jobs))
    assert (hostile.outcome, hostile.answer) == (OUTCOMES[name], None)
    assert hostile.message
    assert (before.answer, beside.answer) == ("3", "3")
    [(_, after)] = engine.run([Job(HONEST, picture)])
    assert after.answer == "3"


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
