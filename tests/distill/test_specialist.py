"""A specialist: trained on from a generalist whose model is in the store."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from tests.distill.real_ranks import on_ranks
from vpd.distill.base import load_student
from vpd.distill.checkpoint import fetch_run, publish_run
from vpd.distill.config import TrainConfig
from vpd.distill.run_folder import read_json
from vpd.distill.train import train
from vpd.errors import StoreError
from vpd.store import ArtifactStore

Make = Callable[..., TrainConfig]


@pytest.fixture
def generalist(config: Make, store: ArtifactStore, tmp_path: Path, ranks: None) -> str:
    """A run whose model is in the store alone."""
    made = config(mixture={"made": 1.0}, steps=2, output=tmp_path / "generalist")
    train(made)
    run = str(publish_run(store, made.output)["run_id"])
    made.output.rename(tmp_path / "gone")
    return run


def test_specialist_starts_from_the_weights_of_the_generalist_and_says_so(
    config: Make, store: ArtifactStore, tmp_path: Path, generalist: str
) -> None:
    specialist = config(base=f"run:{generalist}", steps=1, lr=1e-30, weight_decay=0.0)
    train(specialist)
    before = load_student(str(fetch_run(store, generalist, tmp_path / "cache"))).model.state_dict()
    after = load_student(str(specialist.output / "model")).model.state_dict()
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())
    assert publish_run(store, specialist.output)["config"]["base"] == f"run:{generalist}"


def test_specialist_on_two_ranks_starts_both_from_the_generalist(config: Make, generalist: str) -> None:
    specialist = config(base=f"run:{generalist}", steps=1)
    assert [ended.error for ended in on_ranks(2, train, specialist)] == ["", ""]
    assert read_json(specialist.output / "training.json") is not None


@pytest.mark.usefixtures("ranks")
def test_specialist_of_a_run_that_is_not_in_the_store_names_those_that_are(config: Make) -> None:
    with pytest.raises(StoreError, match="student-nowhere"):
        train(config(base="run:student-nowhere"))
