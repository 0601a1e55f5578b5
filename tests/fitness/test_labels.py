"""Answers beside their questions."""

from typing import Any

import pytest

from tests.fitness.conftest import Checked, Plant
from tests.fitness.examples import SHARDS, add_rows, changed, examples_of, filled, of_val, problems, told
from vpd.errors import LeakageError
from vpd.fitness.labels import FEWEST
from vpd.fitness.report import require_fit
from vpd.records import EXAMPLES, QUESTIONS, Example, Question
from vpd.scoring.normalize import normalize
from vpd.store import ArtifactStore


@pytest.mark.parametrize(
    ("changes", "kind"),
    [(None, "gone"), ({"choices": ("red", "blue")}, "option"), ({"choices": ("yes", "no")}, "")],
)
def test_check_examples_label_beside_its_question(
    changes: dict[str, Any] | None, kind: str, plant: Plant, checked: Checked
) -> None:
    plant(QUESTIONS, lambda q: of_val(q) and q.family == "red sphere", changes)
    plant(EXAMPLES, told, None)
    assert problems(checked()) == ({"labels": {kind: 1}} if kind else {})


def _asked_again(store: ArtifactStore, count: int, answers: tuple[str, ...]) -> None:
    """Ask the first question of s-001 again a few times, with other answers."""
    first = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))[0]
    answer = next(e for e in examples_of(store, SHARDS[1]) if e.question_id == first.question_id)
    for number in range(count):
        name = f"again {number}"
        add_rows(store, SHARDS[1], QUESTIONS, changed(first, question_id=name, answers=answers))
        add_rows(
            store,
            SHARDS[1],
            EXAMPLES,
            changed(answer, question_id=name, target=answers[0], answer=answers[0]),
        )


def test_check_examples_contrary_labels_are_noticed_and_do_not_block(
    store: ArtifactStore, checked: Checked
) -> None:
    [right] = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))[0].answers
    wrong = "no" if right == "yes" else "yes"
    _asked_again(store, FEWEST - 1, (wrong,))
    few = checked()
    assert problems(few) == {"labels": {"contrary": FEWEST - 1}}
    assert few.passed
    assert "again 0" in few.checks["labels"].noticed[0].message


def test_check_examples_same_question_with_an_answer_in_common_is_no_contradiction(
    store: ArtifactStore, checked: Checked
) -> None:
    [right] = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))[0].answers
    _asked_again(store, 1, ("no" if right == "yes" else "yes", right))
    assert problems(checked()) == {}


def test_check_examples_many_suspicious_labels_block(store: ArtifactStore, checked: Checked) -> None:
    [right] = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))[0].answers
    _asked_again(store, FEWEST, ("no" if right == "yes" else "yes",))
    report = checked()
    assert problems(report) == {"labels": {"contrary": FEWEST, "share": 1}}
    with pytest.raises(LeakageError, match="labels"):
        require_fit(report)


@pytest.mark.parametrize(
    ("answer", "odd"),
    [
        ("red orange", False),
        ("It is the red one on the left.", True),
        ("on the table to the left of the old man there", True),
        ("St. Mary's St.", False),
    ],
)
def test_check_examples_label_that_is_a_sentence_is_noticed(
    answer: str, odd: bool, store: ArtifactStore, checked: Checked
) -> None:
    first = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))[0]
    text = "What is beside the cube?"
    question: Question = changed(first, question_id="new", text=text, answers=(answer,))
    empty = filled(Example, question_id="new", image_id=first.image_id)
    taught = normalize(answer)
    add_rows(store, SHARDS[1], QUESTIONS, question)
    row = changed(empty, mode="answer", split=first.split, prompt=text, target=taught, answer=taught)
    add_rows(store, SHARDS[1], EXAMPLES, row)
    assert problems(checked()) == ({"labels": {"sentence": 1}} if odd else {})
