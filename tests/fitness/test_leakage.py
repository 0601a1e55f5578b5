"""Pictures, questions and texts in two splits, and pictures that do not open."""

from tests.fitness.conftest import Checked, Plant
from tests.fitness.examples import SHARDS, examples_of, of_val, problems, said, saved_again
from vpd.records import EXAMPLES, IMAGES
from vpd.store import ArtifactStore


def test_check_examples_picture_that_is_damaged_or_gone_is_found(
    store: ArtifactStore, plant: Plant, checked: Checked
) -> None:
    broken = store.put_blob(b"not a picture")
    for table in (EXAMPLES, IMAGES):
        plant(table, of_val, {"image_id": broken})
    assert problems(checked()) == {"pictures": {"picture": 1}}
    for table in (EXAMPLES, IMAGES):
        plant(table, of_val, {"image_id": "0" * 64})
    assert problems(checked()) == {"pictures": {"picture": 1}}


def test_check_examples_picture_saved_again_in_another_split_leaks(
    store: ArtifactStore, plant: Plant, checked: Checked
) -> None:
    trained = examples_of(store, SHARDS[0])[0].image_id
    copy = store.put_blob(saved_again(store.get_blob(trained)))
    for table in (EXAMPLES, IMAGES):
        plant(table, of_val, {"image_id": copy})
    report = checked()
    assert problems(report) == {"leakage": {"near duplicate": 1}}
    [problem] = report.checks["leakage"].problems
    assert trained in problem.message
    assert copy in problem.message
    assert problem.shard == SHARDS[1]


def test_check_examples_picture_saved_again_in_its_own_split_is_no_leak(
    store: ArtifactStore, plant: Plant, checked: Checked
) -> None:
    trained = examples_of(store, SHARDS[0])[0].image_id
    replaced = next(e.image_id for e in examples_of(store, SHARDS[1]) if e.split == "train")
    copy = store.put_blob(saved_again(store.get_blob(trained)))
    for table in (EXAMPLES, IMAGES):
        plant(table, lambda row: row.image_id == replaced, {"image_id": copy})
    assert problems(checked()) == {}


def test_check_examples_held_out_text_that_is_trained_on_leaks(plant: Plant, checked: Checked) -> None:
    plant(EXAMPLES, of_val, {"held_out_text": True})
    assert problems(checked()) == {"leakage": {"text": 4}}


def test_check_examples_question_in_two_splits_leaks(
    store: ArtifactStore, plant: Plant, checked: Checked
) -> None:
    other = next(e.image_id for e in examples_of(store, SHARDS[0]) if e.split == "train")
    plant(EXAMPLES, said, {"split": "train", "image_id": other})
    assert problems(checked()) == {"leakage": {"question": 1}}
