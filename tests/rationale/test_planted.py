"""The checker in figures: planted false facts caught, true rationales passed, over real runs."""

import random
import sys
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from tests.rationale.real_runs import RealRun, real_runs
from vpd.rationale.faithful import Problem, check_rationale
from vpd.rationale.render import render

sys.path.append(str(Path(__file__).parents[2]))  # benchmarks/ is no part of the installed package

from benchmarks._planted import planted

PHRASINGS = ("", "a", "b")  # seeds of each run's renderings
MOST_OF_A_KIND = 80
ENOUGH = 20  # of a kind, to speak of a share

Rendered = list[tuple[RealRun, str, list[Problem]]]


@pytest.fixture(scope="module")
def rendered() -> Rendered:
    """Every run told in several phrasings, with what the checker finds."""
    told = []
    for number, run in enumerate(real_runs()):
        for phrasing in PHRASINGS:
            seed = f"{phrasing}{number}" if phrasing else ""
            text = render(run.source, run.events, run.answer, run.width, run.height, seed=seed)
            told.append((run, text, _check(text, run)))
    return told


def test_true_rationales_are_refused_one_in_a_hundred_at_most(rendered: Rendered) -> None:
    refused = [(text, problems) for _, text, problems in rendered if problems]
    assert len(rendered) >= 1000
    assert len(refused) <= 0.01 * len(rendered), refused[:3]


def test_planted_false_facts_are_caught_ninety_nine_in_a_hundred_at_least(rendered: Rendered) -> None:
    rng = random.Random(7)
    true = [(run, text) for run, text, problems in rendered if not problems]
    caught: Counter[str] = Counter()
    missed: dict[str, list[str]] = defaultdict(list)
    for run, text in rng.sample(true, len(true)):
        others = [other for _, other in rng.sample(true, 2)]
        size = run.width, run.height
        for false in planted(text, run.source, run.events, size, others, rng):
            if caught[false.kind] + len(missed[false.kind]) >= MOST_OF_A_KIND:
                continue
            if _check(false.text, run):
                caught[false.kind] += 1
            else:
                missed[false.kind].append(false.text)
    planted_of = {kind: caught[kind] + len(missed[kind]) for kind in missed}
    assert sum(planted_of.values()) >= 1000
    assert len([kind for kind, count in planted_of.items() if count >= ENOUGH]) >= 10, planted_of
    for kind, count in planted_of.items():
        assert count < ENOUGH or len(missed[kind]) <= 0.05 * count, (kind, missed[kind])
    assert sum(map(len, missed.values())) <= 0.01 * sum(planted_of.values()), missed


def _check(text: str, run: RealRun) -> list[Problem]:
    return check_rationale(text, run.source, run.events, run.answer, run.width, run.height)
