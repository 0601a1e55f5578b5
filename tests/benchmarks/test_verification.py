"""The benchmark of verification: planted mistakes, what its figures count, and a tiny run of it."""

import ast
import json
import random
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import zstandard

from benchmarks import _puzzles, verification
from benchmarks._mistakes import COLORS, SHAPES, with_mistake
from benchmarks.verification import Case, Way
from tests.verification.conftest import QUESTION, make_candidate, make_probe, make_trace
from vpd.datasets.scenes.world import EASY
from vpd.execution.program import Program, canonical
from vpd.probing.stage import PICTURES
from vpd.verification.policy import LabelPolicy, ProbedPolicy

PROGRAM = """
def execute_command(image):
    p = ImagePatch(image)
    cubes = [c for c in p.find('red cube') if c.left < 9]
    found = sorted(cubes)[0]
    if any(cubes) and found.verify_property('cube', 'red'):
        return 'yes' if len(cubes) == 2 else 'no'
    return bool_to_yesno(False)
"""
TEXTS = 14


def mistakes(source: str, seeds: int = 400) -> set[str]:
    return {with_mistake(source, random.Random(seed)) for seed in range(seeds)}


def test_mistake_is_one_small_change_and_still_a_program() -> None:
    plain = ast.unparse(ast.parse(PROGRAM))
    for changed in mistakes(PROGRAM):
        assert isinstance(canonical(changed), Program)
        before, after = plain.splitlines(), changed.splitlines()
        assert len(before) == len(after)
        assert sum(a != b for a, b in zip(before, after, strict=True)) <= 1


@pytest.mark.parametrize(
    "changed",
    [
        "c.left > 9",
        "c.top < 9",
        "c.left < 10",
        "p.find('cube')",
        "[c for c in p.find('red cube')]",
        "sorted(cubes)[-1]",
        "all(cubes)",
        "any(cubes) or found",
        "if any(cubes) and any(cubes):",
        "len(cubes) != 2",
        "'no' if len(cubes) == 2 else 'yes'",
        "bool_to_yesno(True)",
        "return 'red'",
    ],
)
def test_mistakes_are_of_the_kinds_that_models_make(changed: str) -> None:
    assert any(changed in program for program in mistakes(PROGRAM))


def test_mistake_exchanges_a_colour_or_shape_for_another() -> None:
    sought = {p.split("find('")[1].split("'")[0] for p in mistakes(PROGRAM)} - {"red cube", "cube"}
    colors = {f"{color} cube" for color in COLORS if color != "red"}
    assert sought <= colors | {f"red {shape}" for shape in SHAPES if shape != "cube"}
    assert sought & colors
    assert sought - colors


def test_mistake_is_the_same_for_the_same_seed_and_none_where_there_is_nothing_to_change() -> None:
    assert with_mistake(PROGRAM, random.Random(5)) == with_mistake(PROGRAM, random.Random(5))
    plain = "def execute_command(image):\n    x = image\n    x.show()"
    assert mistakes(plain, 9) == {plain}


def case(name: str, *answers: tuple[str, str]) -> Case:
    """Return a case of candidates: what each answers, and how it did on other pictures."""
    numbers = range(len(answers))
    return Case(
        replace(QUESTION, question_id=name, family=name),
        [make_candidate(n, source=f"{name}-{n}", problem=None) for n in numbers],
        {f"p{n}": make_trace(n, a) for n, (a, _) in enumerate(answers)},
        {f"p{n}": make_probe(n, did) for n, (_, did) in enumerate(answers)},
        frozenset(),
    )


@pytest.fixture
def no_shortcuts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sources are names here."""
    monkeypatch.setattr("vpd.verification.evidence.is_shortcut", lambda *_: False)


@pytest.mark.usefixtures("no_shortcuts")
def test_figures_count_kept_right_and_chosen_candidates() -> None:
    """Of six label matches four are right; the last case has none, and the wrong one of `b` is chosen."""
    cases = [
        case("a", ("2", "r" * 12), ("2", "r" * 12), ("2", "rw" * 6), ("3", "r" * 12)),
        case("b", ("2", "r" * 12), ("2", "r" * 11 + "w")),
        case("c", ("3", "")),
        case("d", ("2", "r" * 12)),
    ]
    right = {(QUESTION.text, name) for name in ("a-0", "a-1", "a-3", "b-1", "d-0")}
    label = verification._figures(cases, Way(LabelPolicy(), 0), right)
    assert label == {
        "kept": 6,
        "precision": pytest.approx(4 / 6),
        "recall": 1.0,
        "wrong_questions": pytest.approx(1 / 3),
        "coverage": 0.75,
    }
    probed = verification._figures(cases, Way(ProbedPolicy()), right)
    assert (probed["kept"], probed["precision"], probed["recall"]) == (4, 0.75, 0.75)
    by_family = verification._by_family(cases, Way(LabelPolicy(), 0), right)
    assert {family: found["kept"] for family, found in by_family.items()} == {"a": 3, "b": 2, "c": 0, "d": 1}
    flags = verification._alone(cases, right)
    assert flags["all label matches"] == {"flagged": 6, "wrong": pytest.approx(2 / 6)}
    assert flags["poor on other pictures"] == {"flagged": 1, "wrong": 1.0}


@pytest.mark.usefixtures("no_shortcuts")
def test_case_with_fewer_pictures_or_without_labels_shows_no_more() -> None:
    asked = case("a", ("2", "rrww"))
    [e] = asked.evidence(3)
    assert e.tried is not None
    assert (e.tried.right, e.tried.tried, e.correct) == (2, 3, True)
    [others] = asked.evidence(PICTURES, "others")
    assert others.tried is not None
    assert others.correct is None
    for pictures, labels in ((0, "all"), (PICTURES, "none")):
        [e] = asked.evidence(pictures, labels)  # type: ignore[arg-type]
        assert e.tried is None


@pytest.fixture
def few_texts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs for a few texts, and puzzles for these alone."""
    with zstandard.open(verification.PROGRAMS_FILE, "rt", encoding="utf-8") as lines:
        kept = [next(lines), *islice(lines, 0, None, 257 // TEXTS)]
    monkeypatch.setattr(verification, "PROGRAMS_FILE", tmp_path / "programs.jsonl.zst")
    with zstandard.open(verification.PROGRAMS_FILE, "wt", encoding="utf-8") as file:
        file.writelines(kept)
    asked = {json.loads(line)["question"] for line in kept[1:]}
    forms = [form for form in _puzzles.bank(EASY) if form.text in asked]
    monkeypatch.setattr(_puzzles, "bank", lambda _: forms)


@pytest.mark.usefixtures("few_texts")
def test_tiny_run_gives_figures_of_all_policies_for_both_sets() -> None:
    figures = verification.run(images={"easy": 40})["easy"]
    assert figures.keys() == {"written", "planted"}
    for found in figures.values():
        assert found["questions"] > 0
        assert 0 < found["right_programs"] < 1
        assert found["policies"].keys() >= {"label", "probed", "agreement"}
        for figure in (*found["policies"].values(), *found["worth"].values()):
            assert all(0 <= figure[name] <= 1 for name in figure if name != "kept")
        label, probed = found["policies"]["label"], found["policies"]["probed"]
        assert label["recall"] == 1.0
        assert probed["kept"] <= label["kept"]
        assert probed["precision"] >= label["precision"]
        for policy, by_family in found["by_family"].items():
            kept = sum(family["kept"] for family in by_family.values())
            assert kept == found["policies"][policy]["kept"]
        assert found["probes"]["all label matches"]["flagged"] == label["kept"]
        assert found["probes"]["all label matches"]["wrong"] == pytest.approx(1 - label["precision"])
        assert found["cost"]["probe_runs"] > found["cost"]["programs_probed"] > 0
    assert figures["planted"]["right_programs"] < figures["written"]["right_programs"]
