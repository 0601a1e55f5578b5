"""The order of training questions, and data that cannot be trained on."""

import subprocess
import sys
from itertools import chain, islice

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vpd.distill.config import Arm
from vpd.distill.data import Examples, Part
from vpd.errors import ConfigError, DataError, MissingShardError, StoreError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

SHARDS = ("made-000", "made-001")  # conftest: four training pictures each, three questions a picture
TRAIN_QUESTIONS = 24


ALONE = Part()


def order(
    store: ArtifactStore,
    steps: int,
    *,
    arm: Arm = "student",
    seed: int = 0,
    part: Part = ALONE,
    batch: int = 4,
    start: int = 0,
) -> list[list[str]]:
    examples = Examples(store, SHARDS, arm, seed)
    batches = examples.batches(batch, part, questions=TRAIN_QUESTIONS, start=start)
    return [[q.question_id for q in questions] for questions in islice(batches, steps)]


def replace(store: ArtifactStore, shard: str, frame: pl.DataFrame) -> None:
    store.write_shard(EXAMPLES, shard, frame, "changed")


def test_batches_of_one_epoch_hold_every_training_question_once(store: ArtifactStore) -> None:
    seen = [question for batch in order(store, TRAIN_QUESTIONS // 4) for question in batch]
    assert len(set(seen)) == len(seen) == TRAIN_QUESTIONS


def test_batches_of_twins_hold_the_same_questions_in_the_same_order(store: ArtifactStore) -> None:
    assert order(store, 12, arm="student") == order(store, 12, arm="instruct")


def test_batches_of_the_instruct_arm_hold_no_rationale(store: ArtifactStore) -> None:
    batch = next(Examples(store, SHARDS, "instruct", 0).batches(8, ALONE, questions=TRAIN_QUESTIONS))
    assert {question.rationale for question in batch} == {None}


def test_batches_of_another_seed_come_in_another_order(store: ArtifactStore) -> None:
    assert order(store, 6, seed=0) != order(store, 6, seed=1)


def test_batches_of_a_second_epoch_come_in_another_order(store: ArtifactStore) -> None:
    batches = order(store, 12)
    assert batches[:6] != batches[6:]


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(world=st.integers(1, 3), each=st.integers(1, 4), start=st.integers(0, 30))
def test_batches_of_all_ranks_together_are_those_of_one(
    store: ArtifactStore, world: int, each: int, start: int
) -> None:
    batch = world * each
    whole = order(store, start + 3, batch=batch)[start:]
    parts = [order(store, 3, part=Part(rank, world), batch=batch, start=start) for rank in range(world)]
    assert [list(chain(*step)) for step in zip(*parts, strict=True)] == whole
    assert all(len(step) == each for part in parts for step in part)


def test_batches_that_do_not_divide_over_the_ranks_are_refused(store: ArtifactStore) -> None:
    with pytest.raises(ConfigError, match="batch_size"):
        order(store, 1, part=Part(0, 3), batch=4)


def test_survey_counts_the_train_split(store: ArtifactStore) -> None:
    survey = Examples(store, SHARDS, "student", 0).survey()
    assert survey.questions == TRAIN_QUESTIONS
    assert survey.rationales == 16
    assert set(survey.digests) == set(SHARDS)


def test_survey_of_a_missing_shard_names_it(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match="made-009"):
        Examples(store, [*SHARDS, "made-009"], "student", 0).survey()


def test_survey_without_a_train_split_is_a_data_error(store: ArtifactStore) -> None:
    for shard in SHARDS:
        replace(store, shard, store.read_shard(EXAMPLES, shard).filter(pl.col("split") != "train"))
    with pytest.raises(DataError, match="train"):
        Examples(store, SHARDS, "instruct", 0).survey()


def test_survey_without_rationales_stops_the_student_and_not_its_twin(store: ArtifactStore) -> None:
    for shard in SHARDS:
        replace(store, shard, store.read_shard(EXAMPLES, shard).filter(pl.col("mode") == "answer"))
    with pytest.raises(DataError, match="rationale"):
        Examples(store, SHARDS, "student", 0).survey()
    assert Examples(store, SHARDS, "instruct", 0).survey().rationales == 0


def test_batches_with_a_rationale_but_no_answer_name_the_question(store: ArtifactStore) -> None:
    frame = store.read_shard(EXAMPLES, SHARDS[0])
    replace(store, SHARDS[0], frame.filter(pl.col("example_id") != "q0-1-answer"))
    with pytest.raises(DataError, match="q0-1"):
        order(store, TRAIN_QUESTIONS // 4)


def test_batches_with_a_missing_picture_name_its_blob(store: ArtifactStore) -> None:
    image_id = store.read_shard(EXAMPLES, SHARDS[0]).filter(pl.col("split") == "train")["image_id"][0]
    store.objects.delete(f"blobs/{image_id[:2]}/{image_id}")
    with pytest.raises(StoreError, match=image_id):
        order(store, TRAIN_QUESTIONS // 4)


def test_batches_come_in_the_order_of_all_runs_before(store: ArtifactStore) -> None:
    (epoch,) = order(store, 1, batch=TRAIN_QUESTIONS)
    assert epoch[::3] == [f"q{n}-0" for n in (0, 1, 2, 3, 13, 11, 12, 10)]


def test_loader_and_configuration_are_imported_without_pytorch() -> None:
    code = "import sys, vpd.distill.data, vpd.distill.recipe; assert 'torch' not in sys.modules"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
