"""The paired test that decides who may be champion, on made-up predictions."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from vpd.errors import MissingShardError
from vpd.evaluation.champion import ChampionCheck, champion_check
from vpd.evaluation.results import Evaluation
from vpd.records import PREDICTIONS, QUESTIONS, Prediction, Question
from vpd.store import ArtifactStore

PICTURES = 120
FAMILIES = ("count", "spatial")
Right = Callable[[str, str, int], bool]  # of mode, family and picture


@pytest.fixture
def store(tmp_path: Any) -> ArtifactStore:
    """One question of each of two families about each picture."""
    store = ArtifactStore.open(str(tmp_path / "store"))
    rows = [
        Question(f"{family}-{n}", f"picture-{n}", "Q?", ("1",), (), family, "test", False, "toy")
        for family in FAMILIES
        for n in range(PICTURES)
    ]
    store.write_shard(QUESTIONS, "toy-000", QUESTIONS.frame(rows), "f")
    return store


def student(store: ArtifactStore, name: str, right: Right, pictures: int = PICTURES) -> Evaluation:
    """An evaluation of a student that is right where `right` says so."""
    results = []
    for mode in ("answer", "rationale"):
        rows = [
            Prediction(
                f"{name}-{mode}-{f}-{n}",
                "student",
                mode,
                f"{f}-{n}",
                f,
                False,
                "",
                "",
                right(mode, f, n),
                0.1,
            )
            for f in FAMILIES
            for n in range(pictures)
        ]
        store.write_shard(PREDICTIONS, f"{name}.{mode}", PREDICTIONS.frame(rows), "f")
        mean = sum(row.correct for row in rows) / len(rows)
        accuracy = {"n": len(rows), "mean": mean, "low": mean, "high": mean}
        result = {"model": "student", "mode": mode, "shard": f"{name}.{mode}", "accuracy": accuracy}
        neutral = {"families": {}, "seen_texts": None, "held_out_texts": None, "without_answer": 0}
        results.append({**result, **neutral, "seconds_per_question": 0.1})
    numbers = dict.fromkeys(("questions", "available", "unlabelled", "pictures", "seed", "batch_size"), 1)
    texts = dict.fromkeys(("split", "question_digest", "scorer"), "")
    return Evaluation.model_validate(
        {
            **numbers,
            **texts,
            "evaluation_id": name,
            "resamples": 2000,
            "runs": {},
            "checkpoints": {},
            "results": results,
            "comparisons": [],
            "boxes": None,
        }
    )


def lucky(share: float, seed: int) -> Right:
    """Right on a share of the questions, by chance."""
    return lambda mode, family, n: random.Random(f"{seed} {mode} {family} {n}").random() < share


def at(mode: str, family: str, inside: Right, outside: Right) -> Right:
    """One skill in a mode and family, another elsewhere."""
    return lambda m, f, n: (inside if (m, f) == (mode, family) else outside)(m, f, n)


def check(store: ArtifactStore, new: Right, champion: Right, pictures: int = PICTURES) -> ChampionCheck:
    return champion_check(store, student(store, "new", new), student(store, "old", champion, pictures))


def worse(done: ChampionCheck) -> set[tuple[str, str]]:
    return {(d.mode, d.family) for d in done.differences if d.worse}


def test_better_and_equal_students_pass(store: ArtifactStore) -> None:
    assert check(store, lucky(0.8, 1), lucky(0.6, 1)).passed
    equal = check(store, lucky(0.6, 1), lucky(0.6, 1))
    assert equal.passed
    assert equal.new_accuracy == equal.champion_accuracy
    assert equal.questions == 2 * PICTURES


def test_student_that_is_a_little_worse_in_answers_fails(store: ArtifactStore) -> None:
    one_less = at("answer", "count", lambda m, f, n: n > 0, lambda m, f, n: True)
    done = check(store, one_less, lambda m, f, n: True)
    assert not done.passed
    assert worse(done) == {("answer", "")}


@pytest.mark.parametrize("mode", ["answer", "rationale"])
@pytest.mark.parametrize("family", FAMILIES)
def test_family_that_is_worse_by_more_than_chance_fails_whatever_the_rest(
    store: ArtifactStore, mode: str, family: str
) -> None:
    new = at(mode, family, lucky(0.4, 1), lucky(1.0, 1))
    done = check(store, new, lucky(0.6, 1))
    assert not done.passed
    assert worse(done) == {(mode, family)}
    assert family in done.reason


def test_worse_explanations_fail(store: ArtifactStore) -> None:
    done = check(store, lambda mode, f, n: mode == "answer", lambda m, f, n: True)
    assert not done.passed
    assert ("rationale", "") in worse(done)


def test_student_that_differs_by_chance_alone_mostly_passes_where_families_are_judged(
    store: ArtifactStore,
) -> None:
    better_in_answers = [
        check(store, at("answer", "count", lambda m, f, n: True, lucky(0.6, seed)), lucky(0.6, 100 + seed))
        for seed in range(20)
    ]
    assert sum(done.passed for done in better_in_answers) >= 17


def test_family_with_few_pictures_is_told_and_decides_nothing(store: ArtifactStore) -> None:
    questions = QUESTIONS.rows(store.read_shard(QUESTIONS, "toy-000"))
    rows = [q for q in questions if q.family == "count" or q.image_id in {f"picture-{n}" for n in range(5)}]
    store.write_shard(QUESTIONS, "toy-000", QUESTIONS.frame(rows), "g")
    kept = {q.question_id for q in rows}

    def made(name: str, right: Right) -> Evaluation:
        done = student(store, name, right)
        for mode in ("answer", "rationale"):
            frame = store.read_shard(PREDICTIONS, f"{name}.{mode}")
            few = [p for p in PREDICTIONS.rows(frame) if p.question_id in kept]
            store.write_shard(PREDICTIONS, f"{name}.{mode}", PREDICTIONS.frame(few), "g")
        return done

    new = made("new", at("rationale", "spatial", lambda m, f, n: False, lucky(0.9, 1)))
    done = champion_check(store, new, made("old", lucky(0.9, 1)))
    assert done.passed
    assert [d.mean for d in done.differences if d.family == "spatial" and not d.decides][-1] < 0


def test_first_champion_needs_no_comparison(store: ArtifactStore) -> None:
    done = champion_check(store, student(store, "new", lucky(0.1, 1)), None)
    assert done.passed
    assert done.champion_accuracy is None


def test_comparison_rests_on_shared_questions_alone(store: ArtifactStore) -> None:
    done = check(store, lambda m, f, n: n < 100, lambda m, f, n: True, pictures=100)
    assert done.passed
    assert done.questions == 200


def test_champion_that_was_asked_other_questions_stays(store: ArtifactStore) -> None:
    done = check(store, lambda m, f, n: True, lambda m, f, n: False, pictures=50)
    assert not done.passed
    assert done.questions == 100


def test_questions_that_are_gone_are_named(store: ArtifactStore) -> None:
    frame = store.read_shard(QUESTIONS, "toy-000")
    new, old = student(store, "new", lucky(0.8, 1)), student(store, "old", lucky(0.6, 1))
    store.write_shard(QUESTIONS, "toy-000", frame.tail(-1), "g")
    with pytest.raises(MissingShardError, match=frame["question_id"][0]):
        champion_check(store, new, old)
