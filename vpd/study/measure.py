"""Figures of a study from the answers of its runs.

Intervals are over test pictures and pooled over seeds: pictures are drawn with replacement, and with a
picture come its questions in every seed. They tell how much a figure could move with other pictures; how much
it moves with the seed is told by the figures of each seed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from vpd.datasets.scenes.world import Scene
from vpd.distill.config import MODES
from vpd.evaluation.arms import Answered
from vpd.evaluation.baselines import ask_prior, ask_programs
from vpd.evaluation.bootstrap import RESAMPLES, bootstrap
from vpd.evaluation.boxes import box_precision, box_recall, load_scenes
from vpd.evaluation.results import Share
from vpd.records import EXAMPLES, PREDICTIONS, Prediction
from vpd.store import ArtifactStore
from vpd.study.file import Variant
from vpd.study.job import find_answers
from vpd.study.results import (
    Difference,
    Groups,
    ModeResult,
    Point,
    RationaleBoxes,
    Reference,
    StudyResult,
    VariantResult,
)
from vpd.study.runs import Run, Runs

REFERENCES = ("question-only prior", "programs, first sample", "programs, any of k")
_SEED = 0  # of the bootstrap
Said = dict[int, list[Prediction]]
"""Predictions of a variant in one mode by seed."""


@dataclass(frozen=True)
class _Truth:
    """What answers are held against: pictures of questions, scenes, and the programs' rationales."""

    picture_of: Mapping[str, str]
    scenes: Mapping[str, Scene]
    rationales: Mapping[str, str]


def measure(name: str, runs: Runs, reference: ArtifactStore) -> StudyResult:
    """Return the figures of the runs that are done.

    `reference` is the store whose programs and training questions the prior and the programs are asked from.
    """
    by_variant: dict[str, dict[int, Run]] = defaultdict(dict)
    for run in runs.finished():
        by_variant[run.variant][run.seed] = run
    truth = _truth(reference, runs)
    said: dict[tuple[str, str], Said] = {
        (variant, mode): _said(done.values(), mode, runs)
        for variant, done in by_variant.items()
        for mode in MODES[runs.study.variants[variant].arm]
    }
    return StudyResult(
        name=name,
        sources=runs.study.sources,
        questions=len(runs.questions.questions),
        pictures=len(set(truth.picture_of.values())),
        question_digest=runs.questions.digest,
        resamples=RESAMPLES,
        training=dict(runs.study.training),
        references=_references(reference, runs, truth),
        variants=[
            _variant(runs.study.variants[variant], done, _of(variant, said), truth)
            for variant, done in by_variant.items()
        ],
        differences=[
            difference
            for first, second in runs.study.compare
            if first in by_variant and second in by_variant
            for difference in _differences(first, second, said, truth)
        ],
        missing=[f"{v}, seed {seed}" for v, seed in runs.wanted if seed not in by_variant.get(v, {})],
    )


def _truth(reference: ArtifactStore, runs: Runs) -> _Truth:
    picture_of = {q.question_id: q.image_id for q in runs.questions.questions}
    rationales: dict[str, str] = {}
    for shard in runs.shards:
        frame = reference.read_shard(EXAMPLES, shard).filter(pl.col("mode") == "rationale")
        rationales |= dict(zip(frame["question_id"], frame["target"], strict=True))
    return _Truth(picture_of, load_scenes(reference, set(picture_of.values())), rationales)


def _said(done: Iterable[Run], mode: str, runs: Runs) -> Said:
    said = {}
    for run in done:
        answers = find_answers(run.folder, runs.questions)
        assert answers is not None  # the run is done
        store = ArtifactStore.open(answers["store"])
        said[run.seed] = PREDICTIONS.rows(store.read_shard(PREDICTIONS, answers["shards"][mode]))
    return said


def _of(variant: str, said: Mapping[tuple[str, str], Said]) -> dict[str, Said]:
    """Return what a variant said by mode."""
    return {mode: answers for (name, mode), answers in said.items() if name == variant}


def _variant(
    variant: Variant, done: Mapping[int, Run], said: Mapping[str, Said], truth: _Truth
) -> VariantResult:
    reports = {seed: run.report() or {} for seed, run in done.items()}
    first = next(iter(reports.values()))
    return VariantResult(
        name=next(iter(done.values())).variant,
        line=variant.model_dump(exclude_defaults=True),
        runs={seed: run.folder.name for seed, run in done.items()},
        steps={seed: report["config"]["steps"] for seed, report in reports.items()},
        train_seconds={seed: report["seconds"] for seed, report in reports.items()},
        train_questions=first["train_questions"],
        train_rationales=first["train_rationales"],
        modes=[_mode(mode, by_seed, truth) for mode, by_seed in said.items()],
        curves={seed: _curve(report) for seed, report in reports.items()},
    )


def _curve(report: Mapping[str, Any]) -> list[Point]:
    size = report["config"]["batch_size"]
    return [
        Point(
            step=int(r["step"]),
            seconds=r["seconds"],
            questions=int(r["step"]) * size,
            accuracy=r["val_accuracy"],
        )
        for r in report["history"]
        if "val_accuracy" in r and "seconds" in r
    ]


def _mode(mode: str, said: Said, truth: _Truth) -> ModeResult:
    every = [p for rows in said.values() for p in rows]
    return ModeResult(
        mode=mode,
        groups=_groups([(p, float(p.correct)) for p in every], truth),
        by_seed={seed: sum(p.correct for p in rows) / len(rows) for seed, rows in said.items()},
        without_answer=sum(p.answer is None for p in every),
        seconds_per_question=sum(p.seconds for p in every) / len(every),
        boxes=_boxes(every, truth) if mode == "rationale" else None,
    )


def _boxes(rationales: Sequence[Prediction], truth: _Truth) -> RationaleBoxes | None:
    precision = box_precision(rationales, truth.picture_of, truth.scenes)
    if precision is None:
        return None
    known = ((p.text, truth.rationales.get(p.question_id, "")) for p in rationales)
    found, wanted = box_recall(known)
    return RationaleBoxes(stated=precision.stated, right=precision.right, wanted=wanted, found=found)


def _references(reference: ArtifactStore, runs: Runs, truth: _Truth) -> list[Reference]:
    answered: list[Answered] = [
        ask_prior(reference, runs.questions),
        *ask_programs(reference, runs.questions),
    ]
    return [
        Reference(
            name=name,
            groups=_groups([(p, float(p.correct)) for p in a.predictions], truth),
            seconds_per_question=sum(p.seconds for p in a.predictions) / len(a.predictions),
        )
        for name, a in zip(REFERENCES, answered, strict=True)
    ]


def _differences(
    first: str, second: str, said: Mapping[tuple[str, str], Said], truth: _Truth
) -> Iterable[Difference]:
    """Yield each mode of the first minus the second's same mode, or its only one."""
    modes = [mode for variant, mode in said if variant == second]
    for mode in [mode for variant, mode in said if variant == first]:
        other = mode if mode in modes else modes[0]
        a, b = said[first, mode], said[second, other]
        seeds = tuple(seed for seed in a if seed in b)
        if not seeds:
            continue
        scores = {seed: _paired(a[seed], b[seed]) for seed in seeds}
        yield Difference(
            first=(first, mode),
            second=(second, other),
            seeds=seeds,
            groups=_groups([row for rows in scores.values() for row in rows], truth),
            by_seed={seed: sum(s for _, s in rows) / len(rows) for seed, rows in scores.items()},
        )


def _paired(first: Sequence[Prediction], second: Sequence[Prediction]) -> list[tuple[Prediction, float]]:
    right = {p.question_id: p.correct for p in second}
    return [(p, float(p.correct) - float(right[p.question_id])) for p in first]


def _groups(scores: Sequence[tuple[Prediction, float]], truth: _Truth) -> Groups:
    groups: dict[str, list[tuple[Prediction, float]]] = {"all": list(scores)}
    for family in sorted({p.family for p, _ in scores}):
        groups[family] = [row for row in scores if row[0].family == family]
    groups["seen texts"] = [row for row in scores if not row[0].held_out_text]
    groups["held-out texts"] = [row for row in scores if row[0].held_out_text]
    return {name: _interval(rows, truth) for name, rows in groups.items() if rows}


def _interval(scores: Sequence[tuple[Prediction, float]], truth: _Truth) -> Share:
    pictures = [truth.picture_of[p.question_id] for p, _ in scores]
    interval = bootstrap([score for _, score in scores], pictures, seed=_SEED)
    return Share(n=len(scores), mean=interval.mean, low=interval.low, high=interval.high)
