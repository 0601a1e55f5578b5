"""Evaluate a student beside its Instruct twin, the question-only prior and the programs.

Every model answers the same held-out questions. The student and the twin are asked in both modes; the twin
was never trained to explain, so its rationale mode is shown for honesty and compared with nothing. The
comparisons are paired and bootstrapped over pictures.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache

from pydantic import BaseModel, ConfigDict, Field

from vpd.evaluation.arms import VERSION, Answered, Arm, ask
from vpd.evaluation.baselines import FIRST, PRIOR, PROGRAM_MODEL, ask_prior, ask_programs
from vpd.evaluation.bootstrap import RESAMPLES, bootstrap
from vpd.evaluation.boxes import box_precision, load_scenes
from vpd.evaluation.ground_truth import VERSION as TRUTH
from vpd.evaluation.ground_truth import measure_truth
from vpd.evaluation.questions import QuestionSet, choose_questions
from vpd.evaluation.results import (
    Boxes,
    Comparison,
    Evaluation,
    ModelResult,
    Share,
    find_evaluation,
    save_evaluation,
)
from vpd.records import EXAMPLES, PREDICTIONS, Prediction, stable_id
from vpd.scoring.score import SCORER
from vpd.store import ArtifactStore

STUDENT = "student"
TWIN = "instruct"
COMPARED: tuple[tuple[tuple[str, str], tuple[str, str]], ...] = (
    ((STUDENT, "answer"), (TWIN, "answer")),
    ((STUDENT, "rationale"), (TWIN, "answer")),
    ((STUDENT, "answer"), (PRIOR, "answer")),
    ((STUDENT, "answer"), (PROGRAM_MODEL, FIRST)),
)


class EvaluationSettings(BaseModel):
    """What an evaluation asks and how it measures uncertainty."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    split: str = Field(default="test", description="split whose questions are asked")
    max_questions: int = Field(default=1000, ge=1, description="questions at most, chosen by a stable hash")
    batch_size: int = Field(default=32, ge=1, description="questions given to a model at once")
    seed: int = Field(default=0, description="seed of the bootstrap")
    resamples: int = Field(default=RESAMPLES, ge=100, description="bootstrap resamples")


def evaluate(
    store: ArtifactStore,
    student: Arm,
    twin: Arm,
    settings: EvaluationSettings | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> Evaluation:
    """Evaluate both arms and the baselines, keep the document and return it.

    The questions are those of the held-out split in the shards that the student was trained on. What is
    committed for the same checkpoints and questions is not computed again. `progress` is told in a few words
    what is being done. Raises DataError without labelled test questions and MissingShardError if their
    programs were not sampled or run.
    """
    settings = settings or EvaluationSettings()
    asked = choose_questions(store, student.shards, settings.split, settings.max_questions)
    answered = _ask_all(store, (student, twin), asked, settings.batch_size, progress)
    evaluation_id = _identity(store, asked, answered, settings)
    present = find_evaluation(store, evaluation_id)
    if present is not None:
        return present
    progress("comparing the models, and the programs with what is true")
    evaluation = _summarise(store, evaluation_id, (student, twin), asked, answered, settings)
    save_evaluation(store, evaluation)
    return evaluation


def _identity(
    store: ArtifactStore, asked: QuestionSet, answered: Iterable[Answered], settings: EvaluationSettings
) -> str:
    """Return an id of everything that decides the document."""
    said = [store.manifest(PREDICTIONS, a.shard).fingerprint for a in answered]
    shards = sorted(set(asked.shard_of.values()))
    explained = [store.manifest(EXAMPLES, shard).data_sha256 for shard in shards]
    how = (VERSION, TRUTH, settings.seed, settings.resamples)
    return stable_id("evaluation", *how, said, explained)


def _ask_all(
    store: ArtifactStore, arms: Sequence[Arm], asked: QuestionSet, batch: int, progress: Callable[[str], None]
) -> list[Answered]:
    progress(f"{len(asked.questions)} questions for the prior and the programs")
    answered = [ask_prior(store, asked), *ask_programs(store, asked)]
    for arm in arms:
        model = cache(arm.load)
        for mode in ("answer", "rationale"):
            progress(f"{len(asked.questions)} questions for {arm.name}, {mode} mode")
            answered.append(ask(store, arm, mode, model, asked, batch))
    return answered


def _summarise(
    store: ArtifactStore,
    evaluation_id: str,
    arms: Sequence[Arm],
    asked: QuestionSet,
    answered: Iterable[Answered],
    settings: EvaluationSettings,
) -> Evaluation:
    picture_of = {q.question_id: q.image_id for q in asked.questions}
    scenes = load_scenes(store, set(picture_of.values()))
    by_maker = {(a.predictions[0].model, a.predictions[0].mode): a for a in answered}

    boxes = box_precision(by_maker[STUDENT, "rationale"].predictions, picture_of, scenes)

    def share(scores: dict[str, float]) -> Share:
        pictures = [picture_of[question_id] for question_id in scores]
        interval = bootstrap(
            list(scores.values()), pictures, seed=settings.seed, resamples=settings.resamples
        )
        return Share(n=len(scores), mean=interval.mean, low=interval.low, high=interval.high)

    return Evaluation(
        evaluation_id=evaluation_id,
        split=asked.split,
        question_digest=asked.digest,
        questions=len(asked.questions),
        available=asked.available,
        unlabelled=asked.unlabelled,
        pictures=len(set(picture_of.values())),
        scorer=SCORER,
        seed=settings.seed,
        resamples=settings.resamples,
        batch_size=settings.batch_size,
        runs={arm.name: arm.run_id for arm in arms},
        checkpoints={arm.name: arm.checkpoint_sha256 for arm in arms},
        results=[_result(a, share) for a in by_maker.values()],
        comparisons=[
            _compare(by_maker[first].predictions, by_maker[second].predictions, share)
            for first, second in COMPARED
        ],
        boxes=None if boxes is None else Boxes.of(boxes),
        truth=measure_truth(store, asked, scenes),
    )


def _result(answered: Answered, share: Callable[[dict[str, float]], Share]) -> ModelResult:
    rows = answered.predictions

    def over(chosen: Iterable[Prediction]) -> Share | None:
        scores = {p.question_id: float(p.correct) for p in chosen}
        return share(scores) if scores else None

    families = {f: over(p for p in rows if p.family == f) for f in sorted({p.family for p in rows})}
    return ModelResult(
        model=rows[0].model,
        mode=rows[0].mode,
        shard=answered.shard,
        accuracy=share({p.question_id: float(p.correct) for p in rows}),
        families={family: figures for family, figures in families.items() if figures is not None},
        seen_texts=over(p for p in rows if not p.held_out_text),
        held_out_texts=over(p for p in rows if p.held_out_text),
        without_answer=sum(p.answer is None for p in rows),
        seconds_per_question=sum(p.seconds for p in rows) / len(rows),
    )


def _compare(
    first: Sequence[Prediction], second: Sequence[Prediction], share: Callable[[dict[str, float]], Share]
) -> Comparison:
    right = {p.question_id: p.correct for p in second}
    pairs = [(p.question_id, p.correct, right[p.question_id]) for p in first]
    return Comparison(
        first=(first[0].model, first[0].mode),
        second=(second[0].model, second[0].mode),
        difference=share({question_id: float(a) - float(b) for question_id, a, b in pairs}),
        only_first_right=sum(a and not b for _, a, b in pairs),
        only_second_right=sum(b and not a for _, a, b in pairs),
    )
