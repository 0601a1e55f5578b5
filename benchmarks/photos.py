"""The data pipeline on real photographs: programs by the live language model, the `photos` tools.

`vpd bench photos --json` prints how many candidates execute and are right, by question family. The
photographs come from installed packages (`vpd photos`); the programs from VPD_LLM_URL, else the embedded
model, which takes about an hour on two cores the first time. Answers are kept under VPD_HOME, as are store
and traces, so that it can be stopped at any point, and `vpd trace` shows every run.
"""

import sys
from pathlib import Path
from typing import Any

from benchmarks._pipeline import by_family, questions_of, run_and_judge
from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.photos.fetch import fetch_photographs
from vpd.datasets.sources import shard_names
from vpd.sampling.sampler import open_sampler
from vpd.sampling.stage import sample_programs
from vpd.settings import load_settings
from vpd.store import ArtifactStore
from vpd.tools.toolset import PHOTOS

SOURCE = "photographs"


def run() -> dict[str, Any]:
    """Run every stage up to verdicts and return the rates."""
    settings = load_settings().model_copy(update={"tools": PHOTOS.name})
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    shard = _ingest(store, settings.home.resolve() / "photographs")
    with open_sampler(settings) as sampler:
        sample_programs(store, shard, sampler, _tell)
        model, live = ", ".join(w.model for w in sampler.config.writers), sampler.tally.live.answered
    verdicts = run_and_judge(store, shard, PHOTOS.open())
    questions = questions_of(store, shard)
    return {
        "photographs": len({question.image_id for question in questions}),
        "texts": len({question.text for question in questions}),
        "model": model,
        "candidates_asked_live": live,
        "families": by_family(questions, verdicts),
    }


def _ingest(store: ArtifactStore, folder: Path) -> str:
    report = fetch_photographs(folder)
    [shard] = shard_names(register_jsonl(store, report.file, SOURCE, shards=1))
    ingest_images(store, shard)
    ingest_questions(store, shard)
    return shard


def _tell(done: int, total: int) -> None:
    print(f"\r{done} of {total} question texts", end="", file=sys.stderr, flush=True)
