"""Which pairs there are, and in which order they come."""

from itertools import chain, islice
from pathlib import Path

import polars as pl
import pytest

from tests.distill.preferring import HELD, OF_SHARD, SHARDS, TRAINED
from tests.export.conftest import COUNT, Asked, Fill, fill, runs  # noqa: F401  fixtures
from vpd.distill.data import Part
from vpd.distill.preference_pairs import Pairs
from vpd.errors import ConfigError, DataError
from vpd.export.folder import export_dataset
from vpd.records import VERDICTS


@pytest.fixture
def pairs(fill: Fill) -> Pairs:  # noqa: F811
    return Pairs(fill(*OF_SHARD), SHARDS, seed=0, each=4)


def order(pairs: Pairs, steps: int, part: Part = Part(), batch: int = 4, start: int = 0) -> list[list[int]]:  # noqa: B008
    batches = pairs.batches(batch, part, questions=TRAINED, start=start)
    return [[pair.row.number for pair in step] for step in islice(batches, steps)]


def test_pairs_are_those_of_the_export_of_the_train_and_val_splits(pairs: Pairs, tmp_path: Path) -> None:
    export = export_dataset(pairs.store, SHARDS, tmp_path / "out")
    exported = {
        (row["question_id"], row["chosen"][0]["content"][0]["text"], row["rejected"][0]["content"][0]["text"])
        for file in (export.folder / "data" / "preferences-rationales").glob("*.parquet")
        for row in pl.read_parquet(file).to_dicts()
        if row["split"] != "test"
    }
    found = {(row.question_id, row.chosen.target, row.rejected.target) for row in pairs.rows}
    assert found == exported
    assert len(found) == TRAINED + HELD


def test_pairs_of_other_splits_are_never_trained_on(pairs: Pairs) -> None:
    trained = {number for step in order(pairs, 9) for number in step}
    assert {pairs.rows[number].split for number in trained} == {"train"}
    assert len(trained) == TRAINED
    assert {row.split for row in pairs.validation(99)} == {"val"}
    assert "test" not in {row.split for row in pairs.rows}


def test_pairs_bring_their_picture_and_the_prompt_of_the_example(pairs: Pairs) -> None:
    [pair] = pairs.with_images(pairs.rows[:1])
    assert pair.image == pairs.store.get_blob(pair.row.image_id)
    assert pair.row.chosen.prompt == pair.row.rejected.prompt == f"{COUNT} Explain the answer."


def test_pairs_of_all_ranks_together_are_those_of_one(pairs: Pairs) -> None:
    whole = order(pairs, 5)
    parts = [order(pairs, 3, Part(rank, 2), start=2) for rank in range(2)]
    assert [list(chain(*step)) for step in zip(*parts, strict=True)] == whole[2:]


def test_pairs_of_every_epoch_are_all_of_them_once(pairs: Pairs) -> None:
    seen = [number for step in order(pairs, 2, batch=TRAINED) for number in step]
    assert sorted(seen[:TRAINED]) == sorted(seen[TRAINED:]) == sorted(set(seen))
    assert seen[:TRAINED] != seen[TRAINED:]


def test_pairs_that_do_not_divide_over_the_ranks_are_refused(pairs: Pairs) -> None:
    with pytest.raises(ConfigError, match="batch_size"):
        order(pairs, 1, Part(0, 3))


def test_survey_counts_training_pairs_and_knows_the_verdicts(pairs: Pairs) -> None:
    before = pairs.survey()
    assert before.questions == TRAINED
    assert set(before.digests) == set(SHARDS)
    store, shard = pairs.store, SHARDS[0]
    store.write_shard(VERDICTS, shard, store.read_shard(VERDICTS, shard).reverse(), "changed")
    after = Pairs(store, SHARDS, seed=0, each=4).survey()
    assert after.digests == before.digests
    assert after.made_from != before.made_from


def test_survey_without_a_pair_says_where_to_look(fill: Fill) -> None:  # noqa: F811
    right = Asked("right", COUNT, ("2",), (("cubes", "chosen"),))
    held = Asked("held", COUNT, ("2",), (("cubes", "chosen"), ("spheres", "wrong")), "test", picture=1)
    store = fill((right, held))
    with pytest.raises(DataError, match="yields of verified_programs"):
        Pairs(store, ["made-000"], seed=0, each=4).survey()
