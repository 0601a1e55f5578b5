from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import pytest

from vpd.errors import MissingShardError
from vpd.records import IMAGES, QUESTIONS, REFUSED, SCENE_TRUTH, Image, Refused, Table
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, run_stage
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class WiderImage(Image):
    note: Annotated[str, "a column that the next version of a table has"]


STAGE = Stage(IMAGES, version="1", beside=(SCENE_TRUTH,))


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore.open(str(tmp_path))


def run(store: ArtifactStore, settings: dict[str, int], redo: bool = False) -> ShardResult:
    def compute(_: Inputs) -> StageOutput:
        beside = ((SCENE_TRUTH, SCENE_TRUTH.frame([])),)
        return StageOutput(IMAGES.frame([]), {"n": 1}, [Refused("r", "s", "p")], beside)

    return run_stage(store, STAGE, "s-000", settings, compute, redo)


def test_stage_runs_once_for_the_same_settings(store: ArtifactStore) -> None:
    assert run(store, {"a": 1}).computed
    assert not run(store, {"a": 1}).computed
    assert run(store, {"a": 2}).computed
    assert run(store, {"a": 2}, redo=True).computed
    assert run(store, {"a": 2}).manifest.stats == {"n": 1, "refused": 1}
    assert store.read_shard(REFUSED, "images.s-000")["row"].to_list() == ["r"]


@pytest.mark.parametrize("table", ["images", "scene_truth", "refused"])
def test_stage_damaged_part_is_computed_again(store: ArtifactStore, tmp_path: Path, table: str) -> None:
    run(store, {})
    [data] = (tmp_path / "tables" / table).rglob("*.parquet")
    data.write_bytes(b"")
    assert run(store, {}).computed
    assert not run(store, {}).computed


def test_stage_new_columns_of_its_table_make_it_compute_again(store: ArtifactStore) -> None:
    run(store, {})
    wider = replace(STAGE, table=Table(IMAGES.name, WiderImage, IMAGES.key))
    output = StageOutput(wider.table.frame([]), {}, [], ((SCENE_TRUTH, SCENE_TRUTH.frame([])),))
    assert run_stage(store, wider, "s-000", {}, lambda _: output).computed
    assert not run_stage(store, wider, "s-000", {}, lambda _: output).computed


def test_stage_without_upstream_says_which_shard_is_missing(store: ArtifactStore) -> None:
    stage = Stage(QUESTIONS, "1", upstream=(IMAGES,))
    with pytest.raises(MissingShardError, match="images/s-000"):
        run_stage(store, stage, "s-000", {}, lambda _: StageOutput(QUESTIONS.frame([]), {}))
