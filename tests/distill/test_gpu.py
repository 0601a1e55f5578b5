"""Training and answering on a GPU give what they give on the CPU. Skipped where there is none."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.generate import Student
from vpd.distill.picture_files import open_image

pytestmark = [pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"), pytest.mark.slow]

DEEPSPEED = Path(__file__).parents[2] / "infra" / "deepspeed"
Train = Callable[..., dict[str, Any]]


@pytest.fixture
def train(config: Callable[..., TrainConfig], tmp_path: Path) -> Train:
    """Train in a process of its own, since DeepSpeed chooses its device once; returns the report."""

    def run(name: str, **changes: Any) -> dict[str, Any]:
        output = tmp_path / name
        file = tmp_path / f"{name}.json"
        config(output=output, **changes).save(file)
        command = [sys.executable, "-m", "vpd.distill.train", "--config", str(file)]
        done = subprocess.run(
            command, env={**os.environ, "OMP_NUM_THREADS": "1"}, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr[-3000:]
        report: dict[str, Any] = json.loads((output / "training.json").read_text())
        return report

    return run


def losses(report: dict[str, Any]) -> list[float]:
    return [record["loss"] for record in report["history"]]


@pytest.mark.parametrize("optimizer", ["adamw", "muon"])
def test_train_on_a_gpu_has_the_losses_of_the_cpu(train: Train, optimizer: str) -> None:
    cpu = train("cpu", optimizer=optimizer, hardware={"device": "cpu"})
    gpu = train("gpu", optimizer=optimizer, hardware={"device": "cuda"})
    assert losses(gpu) == pytest.approx(losses(cpu), rel=1e-3)


@pytest.mark.parametrize("file", sorted(DEEPSPEED.glob("*.json")), ids=lambda file: file.stem)
def test_train_in_bf16_at_every_stage_has_the_losses_of_fp32(train: Train, file: Path) -> None:
    whole = train("fp32", hardware={"device": "cuda"})
    half = train("bf16", precision="bf16", deepspeed=file, hardware={"device": "cuda"})
    assert losses(half) == pytest.approx(losses(whole), rel=0.05)


@pytest.mark.parametrize("way", ["compile", "recompute"])
def test_train_with_layers_in_another_way_has_the_same_losses(train: Train, way: str) -> None:
    plain = train("plain", hardware={"device": "cuda"})
    other = train("other", hardware={"device": "cuda", way: True})
    assert losses(other) == pytest.approx(losses(plain), rel=1e-3)


def test_student_on_a_gpu_writes_what_it_writes_on_the_cpu(
    train: Train, config: Callable[..., TrainConfig], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    train("run", steps=60)
    batch = next(Examples.of(config()).batches(6, Part(), questions=24))
    images = [open_image(question.image, "picture") for question in batch]
    asked = [f"Color {n}?" for n in range(len(images))]
    on_gpu = Student.load(tmp_path / "run" / "model")
    assert on_gpu.device.type == "cuda"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    on_cpu = Student.load(tmp_path / "run" / "model")
    for mode in ("answer", "rationale"):
        assert on_gpu.answer(images, asked, mode) == on_cpu.answer(images, asked, mode)
