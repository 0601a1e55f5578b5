"""A small store of made-up examples, and a student small enough to train in a second."""

import io
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from vpd.distill.config import StudentConfig, TrainConfig
from vpd.rationale.prompts import Mode, prompt_for
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

TINY = StudentConfig(image_size=24, patch_size=12, hidden_size=32, vision_layers=1, text_layers=1)
SHARDS = ("made-000", "made-001")
QUESTIONS = 3


def picture(seed: int) -> bytes:
    pixels = np.random.default_rng(seed).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()


def examples(store: ArtifactStore, seed: int, split: str) -> list[Example]:
    """Three questions about one picture; the first has no rationale."""
    image_id, rows = store.put_blob(picture(seed)), []
    for number in range(QUESTIONS):
        question = f"q{seed}-{number}"
        targets: dict[Mode, str] = {"answer": "red" if seed % 2 else "blue"}
        if number:
            targets["rationale"] = f"I see it at [{seed} 2 3 4]. The answer is red."
        for mode, target in targets.items():
            row = Example(
                example_id=f"{question}-{mode}",
                question_id=question,
                image_id=image_id,
                split=split,
                family="attribute",
                held_out_text=False,
                mode=mode,
                prompt=prompt_for(f"Color {number}?", mode),
                target=target,
                answer=targets["answer"],
                verdict_id=None,
                trace_id=None,
                renderer="",
            )
            rows.append(row)
    return rows


@pytest.fixture(autouse=True)
def one_thread() -> None:
    """Keep test workers from fighting for cores: more threads than cores make a step 16 times slower."""
    torch.set_num_threads(1)


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """Two shards of four training pictures and one validation picture each."""
    made = ArtifactStore.open(str(tmp_path / "store"))
    for index, shard in enumerate(SHARDS):
        rows = [row for n in range(4) for row in examples(made, 10 * index + n, "train")]
        rows += examples(made, 10 * index + 9, "val")
        made.write_shard(EXAMPLES, shard, EXAMPLES.frame(rows), "made")
    return made


@pytest.fixture
def config(store: ArtifactStore, tmp_path: Path) -> Callable[..., TrainConfig]:
    """Make a configuration that trains the tiny student for six steps of four questions."""

    def make(**changes: Any) -> TrainConfig:
        fields: dict[str, Any] = {
            "store": store.uri,
            "shards": SHARDS,
            "arm": "student",
            "output": tmp_path / "run",
            "student": TINY,
            "steps": 6,
            "batch_size": 4,
            "log_every": 2,
            "checkpoint_every": 2,
            "eval_every": 3,
        }
        return TrainConfig.model_validate(fields | changes)

    return make


@pytest.fixture
def ranks() -> Iterator[None]:
    """Leave no launcher's variables behind; the process group stays, DeepSpeed holds on to the first one."""
    before = dict(os.environ)
    yield
    os.environ.clear()
    os.environ.update(before)
