"""Asking a trained model the evaluation questions, one shard of predictions per model and mode.

A shard that is current is read, not computed, and its model is then not even loaded: an evaluation that was
stopped goes on with the first (model, mode) that is not committed.

Not here: the question-only prior and the programs (`vpd.evaluation.baselines`).
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from vpd.distill.picture_files import open_image
from vpd.evaluation.answers import Mode, read_answer
from vpd.evaluation.questions import QuestionSet
from vpd.records import PREDICTIONS, Prediction, Question, canonical_json, stable_id
from vpd.scoring.normalize import normalize
from vpd.scoring.score import SCORER, is_right
from vpd.store import ArtifactStore

VERSION = "3"  # 2: seconds of programs shared over their shard; 3: models warmed up


class AnsweringModel(Protocol):
    """A model that looks at pictures and writes."""

    def answer(
        self, images: Sequence[Image.Image], questions: Sequence[str], mode: Mode, batch_size: int
    ) -> list[str]:
        """Return one text per question; `images` are RGB, one per question."""
        ...


@dataclass(frozen=True)
class Arm:
    """A trained model under evaluation: its role, training run, data, checkpoint, and how to load it."""

    name: str
    run_id: str
    shards: tuple[str, ...]
    checkpoint_sha256: str
    load: Callable[[], AnsweringModel]


def trained_arm(store: ArtifactStore, name: str, run_id: str, cache: Path) -> Arm:
    """Return the arm of a training run; its files are fetched under `cache` when it is first asked.

    Raises StoreError if the store has no such run.
    """
    from vpd.distill.checkpoint import fetch_run, find_run
    from vpd.distill.generate import Student

    run = find_run(store, run_id)
    digest = hashlib.sha256(canonical_json(run["files"]).encode()).hexdigest()
    return Arm(
        name,
        run_id,
        tuple(sorted(run["digests"])),
        digest,
        lambda: Student.load(fetch_run(store, run_id, cache)),
    )


@dataclass(frozen=True)
class Answered:
    """A committed shard of predictions."""

    shard: str
    predictions: list[Prediction]
    computed: bool


def ask(
    store: ArtifactStore,
    arm: Arm,
    mode: Mode,
    model: Callable[[], AnsweringModel],
    asked: QuestionSet,
    batch: int,
) -> Answered:
    """Commit what an arm says to every question in one mode, unless that is already committed."""

    def compute() -> list[Prediction]:
        loaded = model()
        _warm_up(loaded, store, asked.questions[0], mode)
        starts = range(0, len(asked.questions), batch)
        parts = (asked.questions[start : start + batch] for start in starts)
        return [p for part in parts for p in _ask_batch(store, arm, mode, loaded, part)]

    made_from = {
        "model": arm.name,
        "checkpoint": arm.checkpoint_sha256,
        "mode": mode,
        "questions": asked.digest,
    }
    return commit(store, f"{arm.run_id}.{mode}", made_from, compute)


def commit(
    store: ArtifactStore, shard: str, made_from: dict[str, Any], compute: Callable[[], list[Prediction]]
) -> Answered:
    """Commit a shard of predictions unless it is current for what it is made from."""
    wanted = hashlib.sha256(canonical_json([VERSION, SCORER, made_from]).encode()).hexdigest()
    present = store.find_manifest(PREDICTIONS, shard)
    if present is not None and present.fingerprint == wanted:
        return Answered(shard, PREDICTIONS.rows(store.read_shard(PREDICTIONS, shard)), computed=False)
    predictions = compute()
    stats = {"right": sum(p.correct for p in predictions), "seconds": sum(p.seconds for p in predictions)}
    store.write_shard(PREDICTIONS, shard, PREDICTIONS.frame(predictions), wanted, stats)
    return Answered(shard, predictions, computed=True)


def prediction(
    question: Question, maker: tuple[str, str, str], text: str, answer: str | None, seconds: float
) -> Prediction:
    """Score one answer; `maker` is (model, mode, run id)."""
    model, mode, run_id = maker
    return Prediction(
        prediction_id=stable_id(model, mode, run_id, question.question_id),
        model=model,
        mode=mode,
        question_id=question.question_id,
        family=question.family,
        held_out_text=question.held_out_text,
        text=text,
        answer=None if answer is None else normalize(answer),
        correct=answer is not None and is_right(answer, question.answers, question.choices),
        seconds=seconds,
    )


def _warm_up(model: AnsweringModel, store: ArtifactStore, question: Question, mode: Mode) -> None:
    """Ask once untimed: the first call pays for what is made once, and would make the first arm look slow."""
    model.answer([_picture(store, question.image_id)], [question.text], mode, 1)


def _ask_batch(
    store: ArtifactStore, arm: Arm, mode: Mode, model: AnsweringModel, questions: Sequence[Question]
) -> Iterator[Prediction]:
    decoded = {image_id: _picture(store, image_id) for image_id in {q.image_id for q in questions}}
    started = time.perf_counter()
    texts = model.answer(
        [decoded[q.image_id] for q in questions], [q.text for q in questions], mode, len(questions)
    )
    seconds = (time.perf_counter() - started) / len(questions)
    for question, text in zip(questions, texts, strict=True):
        maker = (arm.name, mode, arm.run_id)
        yield prediction(question, maker, text, read_answer(text, mode), seconds)


def _picture(store: ArtifactStore, image_id: str) -> Image.Image:
    return open_image(store.get_blob(image_id), f"image {image_id}")
