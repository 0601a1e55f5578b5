"""Worked examples about scenes give the true answer where there is one, and are not evaluated."""

import numpy as np
import pytest

from tests.tools.examples.scene_meanings import SCENE_MEANINGS
from vpd.datasets.scenes.counterfactual import counterfactual_scenes
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import FULL, LEVELS
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture
from vpd.tools.toolset import SCENES

SCENES_EACH = 12
CONSTANT = {"What color is the large gray cone?"}
"""Questions that name their answer, for the sake of the form."""


@pytest.fixture(scope="module")
def answered():
    """Return, by question, pairs of the true answer and what the example's program gives, on 12 scenes."""
    asked = [
        (example, scene)
        for example in SCENE_EXAMPLES
        for scene in counterfactual_scenes(SCENE_MEANINGS[example.question], FULL, SCENES_EACH, seed=3)
    ]
    pixels = np.zeros((FULL.picture[1], FULL.picture[0], 3), np.uint8)
    toolset = oracle_toolset({str(scene.seed): scene for _, scene in asked})
    jobs = [
        Job(e.program, Picture(str(s.seed), pixels), (e.question, SCENE_MEANINGS[e.question](s.objects)))
        for e, s in asked
    ]
    found = {e.question: [] for e in SCENE_EXAMPLES}
    with open_engine(toolset, EngineSettings(in_flight=8)) as engine:
        for job, run in engine.run(jobs):
            question, true = job.tag
            found[question].append((true, run.answer or f"{run.outcome}: {run.message}"))
    return found


def test_scene_examples_each_question_has_a_meaning_here():
    assert list(SCENE_MEANINGS) == [e.question for e in SCENE_EXAMPLES]


@pytest.mark.parametrize("example", SCENE_EXAMPLES, ids=lambda e: e.question)
def test_scene_examples_give_the_true_answer_on_every_scene(answered, example):
    pairs = answered[example.question]
    assert len(pairs) == SCENES_EACH
    assert [pair for pair in pairs if pair[0] != pair[1]] == []


@pytest.mark.parametrize("question", [e.question for e in SCENE_EXAMPLES if e.question not in CONSTANT])
def test_scene_examples_no_constant_answer_is_right_on_every_scene(answered, question):
    assert len({true for true, _ in answered[question]}) > 1


@pytest.mark.parametrize("example", SCENE_EXAMPLES, ids=lambda e: e.question)
def test_scene_examples_are_short_programs(example):
    assert isinstance(canonical(example.program), Program)
    assert len(example.program.splitlines()) <= 10


def test_scene_examples_are_those_of_the_tool_set_and_many():
    assert SCENES.examples == SCENE_EXAMPLES
    assert len({e.question for e in SCENE_EXAMPLES}) == len(SCENE_EXAMPLES) >= 40


def test_scene_examples_none_is_an_evaluated_question():
    asked = {form.text.lower() for level in LEVELS.values() for form in bank(level)}
    assert not asked & {e.question.lower() for e in SCENE_EXAMPLES}
