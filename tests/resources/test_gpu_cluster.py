"""The training script behind the resource: launcher, ranks, Pipes and failures, for real."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from pydantic import ValidationError

from resources.gpu_cluster import GpuClusterResource, RayTraining
from vpd.distill.config import TrainConfig
from vpd.distill.train import train
from vpd.errors import ConfigError, TrainingError

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),  # Dagster about its own Pipes
]
Train = Callable[[TrainConfig, GpuClusterResource], dict[str, Any]]


def test_trainings_at_once_end_with_the_losses_of_one_rank_and_with_the_end_of_a_log(
    config: TrainConfig, train_asset: Train, tmp_path: Path
) -> None:
    """One on two ranks succeeds, one beside it on the same machine fails: neither takes the other's port."""
    stage3 = config.deepspeed.with_name("zero3.json")
    lost = config.model_copy(update={"shards": ("made-009",), "output": tmp_path / "lost"})
    with ThreadPoolExecutor(1) as beside:
        failing = beside.submit(train_asset, lost, GpuClusterResource(ranks=1))
        report = train_asset(config.model_copy(update={"deepspeed": stage3}), GpuClusterResource(ranks=2))
    with pytest.raises(TrainingError, match="made-009"):
        failing.result()
    assert report["ranks"] == 2
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    assert "student 4/4" in (tmp_path / "run" / "train.log").read_text()
    with mock.patch.dict(os.environ):
        expected = train(config.model_copy(update={"output": tmp_path / "alone"}))
    assert report["final"]["loss"] == pytest.approx(expected["final"]["loss"], rel=1e-3)


def test_train_on_a_backend_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValidationError, match="'local', 'ray' or 'kubernetes'"):
        GpuClusterResource(backend="slurm")


@pytest.mark.parametrize(
    ("cluster", "problem"),
    [
        (GpuClusterResource(nodes=2), "one machine"),
        (GpuClusterResource(backend="ray", ranks=3, nodes=2), "3 ranks do not divide over 2 nodes"),
        (
            GpuClusterResource(
                backend="ray", ray_training=RayTraining(address="http://127.0.0.1:9", server_seconds=0.1)
            ),
            "ray start --head",
        ),
        (GpuClusterResource(backend="ray", ray_training=RayTraining(address="127.0.0.1")), "http://"),
        (GpuClusterResource(backend="kubernetes"), "infra/kubernetes/training.toml"),
        (GpuClusterResource(backend="kubernetes", kubernetes_file="nowhere.toml"), "nowhere.toml"),
    ],
)
def test_train_on_a_cluster_that_is_not_there_says_what_to_do(
    config: TrainConfig, train_asset: Train, cluster: GpuClusterResource, problem: str
) -> None:
    with pytest.raises(ConfigError, match=problem):
        train_asset(config, cluster)
