"""The form of rows and shards, and keys that occur twice."""

import polars as pl

from tests.fitness.conftest import Checked, Plant
from tests.fitness.examples import SHARDS, add_rows, changed, examples_of, problems, said, told
from vpd.records import EXAMPLES, QUESTIONS
from vpd.store import ArtifactStore


def test_check_examples_shard_of_another_form_is_a_problem_of_the_schema(
    store: ArtifactStore, checked: Checked
) -> None:
    rows = store.read_shard(EXAMPLES, SHARDS[1])
    nulls = rows.with_columns(prompt=pl.lit(None, pl.String))
    store.write_shard(EXAMPLES, SHARDS[1], nulls, "f")
    assert problems(checked()) == {"schema": {"column": 1}}
    store.objects.delete(store.manifest(EXAMPLES, SHARDS[1]).data_name)
    report = checked()
    assert problems(report) == {"schema": {"shard": 1}}
    assert report.examples == 16


def test_check_examples_one_example_in_two_shards_is_found(store: ArtifactStore, checked: Checked) -> None:
    add_rows(store, SHARDS[1], EXAMPLES, examples_of(store, SHARDS[0])[0])
    add_rows(store, SHARDS[1], QUESTIONS, QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[0]))[0])
    report = checked()
    assert problems(report) == {"schema": {"key": 1}}
    assert report.checks["schema"].problems[0].shard == SHARDS[1]


def test_check_examples_second_rationale_of_a_question_is_found(
    store: ArtifactStore, checked: Checked
) -> None:
    rationale = next(e for e in examples_of(store, SHARDS[1]) if told(e))
    other = changed(rationale, target=f"{rationale.target} ")
    add_rows(store, SHARDS[1], EXAMPLES, other)
    assert problems(checked())["schema"] == {"question": 1}


def test_check_examples_question_whose_halves_are_in_two_shards_is_found(
    store: ArtifactStore, plant: Plant, checked: Checked
) -> None:
    answer = next(e for e in examples_of(store, SHARDS[1]) if said(e))
    asked = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARDS[1]))
    add_rows(store, SHARDS[0], EXAMPLES, answer)
    add_rows(store, SHARDS[0], QUESTIONS, next(q for q in asked if q.question_id == answer.question_id))
    plant(EXAMPLES, said, None)
    assert problems(checked()) == {"schema": {"question": 1}}
