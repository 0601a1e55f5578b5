"""A tiny training: four steps of a small student on eight questions about two pictures."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pytest
from PIL import Image

from resources.gpu_cluster import GpuClusterResource
from vpd.distill.config import StudentConfig, TrainConfig
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

Train = Callable[[TrainConfig, GpuClusterResource], dict[str, Any]]


@pytest.fixture
def config(tmp_path: Path) -> TrainConfig:
    """The training; one question has a rationale, so in most steps at least one of two ranks has none."""
    store, rows = ArtifactStore.open(str(tmp_path / "store")), []
    for number in range(8):
        pixels = np.full((24, 24, 3), 100 * (number % 2), dtype=np.uint8)
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "PNG")
        image_id = store.put_blob(file.getvalue())
        targets = {"answer": "black"}
        if number == 0:
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


@pytest.fixture
def train_asset() -> Train:
    """Train inside an asset and return the report."""

    def run(config: TrainConfig, cluster: GpuClusterResource) -> dict[str, Any]:
        reports = []

        @dg.asset
        def trained(context: dg.AssetExecutionContext) -> dg.MaterializeResult[None]:
            reports.append(cluster.train(context, config))
            return dg.MaterializeResult()

        dg.materialize([trained])
        return reports[0]

    return run
