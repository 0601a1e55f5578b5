"""The training script behind the resource: launcher, ranks, Pipes and failures, for real."""

import io
import os
from pathlib import Path
from typing import Any
from unittest import mock

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from resources.gpu_cluster import GpuClusterResource
from vpd.distill.config import StudentConfig, TrainConfig
from vpd.distill.train import train
from vpd.errors import TrainingError
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::dagster.PreviewWarning"),  # Dagster about its own Pipes
]


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """Four steps of a tiny student on eight questions about two pictures."""
    store, rows = ArtifactStore.open(str(tmp_path / "store")), []
    for number in range(8):
        pixels = np.full((24, 24, 3), 100 * (number % 2), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        image_id = store.put_blob(file.getvalue())
        targets = {"answer": "black"}
        if number == 0:  # so in most steps at least one rank has no rationale
            targets["rationale"] = "It is dark. The answer is black."
        for mode, target in targets.items():
            made_from = (f"q{number}", image_id, "train", "color", False, mode)
            rows.append(Example(f"{number}-{mode}", *made_from, "Color?", target, "black", None, None, ""))
    store.write_shard(EXAMPLES, "made-000", EXAMPLES.frame(rows), "made")
    tiny = StudentConfig(image_size=24, patch_size=12, hidden_size=32, vision_layers=1, text_layers=1)
    return TrainConfig(
        store=store.uri,
        shards=("made-000",),
        arm="student",
        output=tmp_path / "run",
        student=tiny,
        steps=4,
        batch_size=4,
        log_every=2,
    )


def materialize(config: TrainConfig, ranks: int) -> dict[str, Any]:
    """Train inside an asset and return the report."""
    reports = []

    @dg.asset
    def trained(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
        reports.append(GpuClusterResource(ranks=ranks).train(context, config))
        return dg.MaterializeResult()

    dg.materialize([trained])
    return reports[0]


def test_train_on_two_ranks_returns_the_report_and_the_losses_of_one(
    config: TrainConfig, tmp_path: Path
) -> None:
    stage3 = config.deepspeed.with_name("zero3.json")
    report = materialize(config.model_copy(update={"deepspeed": stage3}), ranks=2)
    assert report["ranks"] == 2
    assert (tmp_path / "run" / "model" / "model.safetensors").exists()
    assert "student 4/4" in (tmp_path / "run" / "train.log").read_text()
    with mock.patch.dict(os.environ):
        expected = train(config.model_copy(update={"output": tmp_path / "alone"}))
    assert report["final"]["loss"] == pytest.approx(expected["final"]["loss"], rel=1e-3)


def test_train_that_fails_raises_with_the_end_of_its_log(config: TrainConfig) -> None:
    with pytest.raises(TrainingError, match="made-009"):
        materialize(config.model_copy(update={"shards": ("made-009",)}), ranks=1)
