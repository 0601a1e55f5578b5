"""How much memory the loader of training batches takes: the same for a million examples as for ten thousand.

`vpd bench loader --json` prints it. Stores of made-up examples, 2,000 in every shard, are read as a training
reads them: the survey, then every question once, in batches; and a mixture is gone on with after as many
questions. Each store is read by a process of its own (`benchmarks._loader_process`) without PyTorch; its
memory is the peak of its resident size. Rows are real, pictures are 200 files that the shards share, which
spares the disk; a picture is read and checked for every batch that has it. The S3 server is on this machine.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks._pictures import FIRST_SEED
from benchmarks._s3_server import BUCKET, s3_server
from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import LEVELS
from vpd.errors import StoreError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

FOLDER_SIZES = (10_000, 1_000_000)  # examples
S3_SIZES = (10_000, 100_000)
SHARD_EXAMPLES = 2_000  # two for every question
QUESTIONS_PER_PICTURE = 5
SOURCES = ("even", "odd")  # of the shards, in turns
TARGETS = {
    "answer": "3",
    "rationale": "I find 3 red cubes at [10 20 30 40], [50 60 70 80] and [15 25 35 45]. I find a sphere {} "
    "at [90 20 99 40]. All 3 red cubes are to the left of it. The answer is 3.",
}


def run(folder_sizes: Sequence[int] = FOLDER_SIZES, s3_sizes: Sequence[int] = S3_SIZES) -> dict[str, Any]:
    """Return figures by kind and size of store; sizes are multiples of 4,000 examples.

    Raises StoreError if a store cannot be read or the S3 server does not start.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures = {"folder": _measure(str(folder), None, folder_sizes)}
        with s3_server(folder) as endpoint:
            figures["s3"] = _measure(f"s3://{BUCKET}", endpoint, s3_sizes)
    return {"examples_per_shard": SHARD_EXAMPLES, **figures}


def _measure(place: str, endpoint: str | None, sizes: Sequence[int]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for size in sizes:
        uri = f"{place}/{size}"
        _fill(ArtifactStore.open(uri, endpoint), size)
        found[str(size)] = _read(uri, endpoint)
    first, last = found[str(sizes[0])], found[str(sizes[-1])]
    return {**found, "peak_ratio": {name: last[name]["peak_mib"] / first[name]["peak_mib"] for name in first}}


def _read(uri: str, endpoint: str | None) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks._loader_process", uri, endpoint or ""]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[1])
    if done.returncode:
        raise StoreError(f"reading {uri} failed: {done.stderr}")
    return dict(json.loads(done.stdout))


def _fill(store: ArtifactStore, size: int) -> None:
    """Write examples of distinct texts, an answer and a rationale for every question."""
    pictures = [
        store.put_blob(generate_scene(LEVELS["easy"], FIRST_SEED + number)[1])
        for number in range(SHARD_EXAMPLES // 2 // QUESTIONS_PER_PICTURE)
    ]
    for number in range(size // SHARD_EXAMPLES):
        shard = f"{SOURCES[number % 2]}-{number // 2:03d}"
        store.write_shard(EXAMPLES, shard, _examples(shard, pictures), "made")


def _examples(shard: str, pictures: Sequence[str]) -> pl.DataFrame:
    asked = [image_id for image_id in pictures for _ in range(QUESTIONS_PER_PICTURE)]
    questions = pl.DataFrame(
        {"question_id": [f"{shard}:{number}" for number in range(len(asked))], "image_id": asked}
    )
    same = {"split": "train", "family": "count", "held_out_text": False, "answer": "3", "renderer": ""}
    modes = [
        questions.with_columns(
            example_id=pl.format("{} {}", "question_id", pl.lit(mode)),
            mode=pl.lit(mode),
            prompt=pl.format("How many red cubes are left of sphere {}? {}", "question_id", pl.lit(mode)),
            target=pl.format(target, "question_id") if "{}" in target else pl.lit(target),
            verdict_id=pl.lit(None, pl.String),
            trace_id=pl.lit(None, pl.String),
            **{name: pl.lit(value) for name, value in same.items()},
        )
        for mode, target in TARGETS.items()
    ]
    return pl.concat(modes)
