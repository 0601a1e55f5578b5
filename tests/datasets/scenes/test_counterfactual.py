"""Scenes for judging programs: enough of them for every text, balanced, plain, the same each time."""

from collections import Counter
from itertools import combinations, pairwise

import pytest

from vpd.datasets.scenes import counterfactual
from vpd.datasets.scenes.counterfactual import counterfactual_scenes
from vpd.datasets.scenes.generate import RULES
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import EASY, FULL, LEVELS

COUNT, SEED = 12, 1


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_counterfactual_every_text_has_its_scenes_with_balanced_answers(level):
    for form in bank(level):
        scenes = counterfactual_scenes(form.answer, level, COUNT, SEED)
        answers = Counter(form.answer(scene.objects) for scene in scenes)
        assert len({scene.seed for scene in scenes}) == COUNT, form.text
        assert None not in answers
        if set(answers) <= {"yes", "no"}:
            assert min(answers["yes"], answers["no"]) >= 4, form.text


@pytest.mark.parametrize("level", LEVELS.values(), ids=LEVELS)
def test_counterfactual_scenes_are_plain_and_of_the_level(level):
    rules = RULES[level.name]
    scenes = counterfactual_scenes(lambda objects: str(len(objects)), level, 60, SEED)
    assert {len(scene.objects) for scene in scenes} == set(range(level.objects[0], level.objects[1] + 1))
    for scene in scenes:
        assert (scene.level, scene.width, scene.height) == (level.name, *level.picture)
        for a, b in combinations(scene.objects, 2):
            assert abs(a.box.center[0] - b.box.center[0]) >= rules.apart
            assert abs(a.depth - b.depth) >= rules.depth
        for o in scene.objects:
            assert 0 <= o.box.left < o.box.right <= scene.width
            assert 0 <= o.box.top < o.box.bottom <= scene.height
            assert (o.shape in level.shapes, o.color in level.colors, o.size in level.sizes) == (True,) * 3
            assert o.material in (level.materials or ("",))


def test_counterfactual_rare_answer_is_filled_up_with_others():
    def rare(objects):
        return "many" if sum(o.shape == "cone" for o in objects) == 7 else "few"

    answers = Counter(rare(s.objects) for s in counterfactual_scenes(rare, FULL, COUNT, SEED))
    assert answers.total() == COUNT
    assert answers["few"] >= COUNT / 2


def test_counterfactual_question_that_never_fits_has_no_scenes():
    assert counterfactual_scenes(lambda objects: None, EASY, COUNT, SEED) == []


def test_counterfactual_scenes_depend_on_the_seed_alone():
    form = bank(EASY)[0]
    found = []
    for seed in (SEED, SEED, SEED + 1):
        counterfactual._pool.cache_clear()
        found.append(counterfactual_scenes(form.answer, EASY, COUNT, seed))
    assert [first == second for first, second in pairwise(found)] == [True, False]
