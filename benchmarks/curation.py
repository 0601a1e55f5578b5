"""What it costs to make a data set of runs: verdicts, examples, and the checks before training.

`vpd bench curation --json` prints it, after half an hour or so. Programs that a language model wrote, every
second one with a planted mistake (`benchmarks._mistakes`), run and are probed once on generated scenes. Their
runs are multiplied with new question ids into shards of about 4,000, as the pipeline has them, one in memory
at a time. Of each size the shards are made in one fresh process and checked in another.

    rows, candidates, rationales, examples   what was made; a row is a run
    us_a_row                 microseconds of CPU for each step; the same at each size if time is linear
    us_a_picture             of opening a picture for the checks, once, however many rows it has
    peak_mib                 peak resident memory of the process, libraries included
    hours_for_ten_million    runs, on one core, at the cost of the largest size; pictures come on top
"""

import json
import math
import multiprocessing
import random
import re
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import polars as pl
import zstandard

from benchmarks._mistakes import with_mistake
from benchmarks._pipeline import run_and_judge
from benchmarks.verification import PROGRAMS_FILE
from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.sources import register
from vpd.execution.program import Program, canonical
from vpd.fitness.check import check_examples
from vpd.fitness.near_duplicates import fingerprint
from vpd.fitness.pictures import open_picture
from vpd.rationale.stage import build_examples
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROBES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    Candidate,
    stable_id,
)
from vpd.store import ArtifactStore
from vpd.tools.toolset import SCENES
from vpd.verification.stage import verify_programs

SIZES = (10_000, 100_000, 1_000_000)
SHARD_ROWS = 4_000
PICTURES = 90
SEED = 92
TEN_MILLION = 10_000_000
_FIRST = "curation-000"  # the shard whose runs are multiplied

Figures = dict[str, Any]


def run(sizes: Sequence[int] = SIZES, pictures: int = PICTURES) -> Figures:
    """Measure each size."""
    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore.open(folder)
        _run_programs(store, pictures)
        measured = {str(size): _measure(folder, size) for size in sizes}
        us_a_picture = _picture_cost(store)
    seconds = sum(measured[str(max(sizes))]["us_a_row"].values()) / 1e6
    return {
        "sizes": measured,
        "us_a_picture": us_a_picture,
        "hours_for_ten_million": TEN_MILLION * seconds / 3600,
    }


def _picture_cost(store: ArtifactStore) -> float:
    pictures = store.read_shard(IMAGES, _FIRST)["image_id"].to_list()
    started = time.process_time()
    for picture in pictures:
        fingerprint(open_picture(store.get_blob(picture)))
    return 1e6 * (time.process_time() - started) / len(pictures)


def _run_programs(store: ArtifactStore, pictures: int) -> None:
    """Commit the first shard: questions on generated scenes, with programs, runs and probes."""
    spec = register(store, scenes_spec("curation", 1, level="easy", images=pictures, seed=SEED))
    ingest_images(store, _FIRST)
    manifest = ingest_questions(store, _FIRST).manifest
    written = _written()
    asked = [q for q in QUESTIONS.rows(store.read_shard(QUESTIONS, _FIRST)) if q.text in written]
    store.write_shard(QUESTIONS, _FIRST, QUESTIONS.frame(asked), manifest.fingerprint, manifest.stats)
    texts = sorted({q.text for q in asked})
    candidates = [_candidate(text, *each) for text in texts for each in enumerate(written[text])]
    store.write_shard(PROGRAMS, _FIRST, PROGRAMS.frame(candidates), spec.name)
    run_and_judge(store, _FIRST, SCENES.open())


def _written() -> dict[str, list[str]]:
    rng = random.Random(SEED)
    with zstandard.open(PROGRAMS_FILE, "rt", encoding="utf-8") as lines:
        next(lines)
        rows = [json.loads(line) for line in lines]
    return {row["question"]: [_perhaps_mistaken(text, rng) for text in row["programs"]] for row in rows}


def _perhaps_mistaken(text: str, rng: random.Random) -> str:
    program = canonical(text)
    if not isinstance(program, Program) or rng.random() < 0.5:
        return text
    return with_mistake(program.source, rng)


def _candidate(text: str, place: int, source: str) -> Candidate:
    program = canonical(source)
    known = program if isinstance(program, Program) else None
    return Candidate(
        candidate_id=stable_id("curation", text, place),
        question_text=text,
        choices=(),
        sample_index=place,
        round="first",
        program_id=known.program_id if known else None,
        call_graph=None,
        source=known.source if known else source,
        problem=None if known else "syntax: no program",
        prompt_sha256="",
        request_key="",
        model="",
        origin="record",
        temperature=0.5,
        logprob=-0.1,
        completion_tokens=0,
        prompt_tokens=0,
        cached_tokens=0,
        cost=None,
    )


def _measure(folder: str, size: int) -> Figures:
    """Make and check so many rows, in a process for each."""
    made, checked = _apart(_make, folder, size), _apart(_check, folder, size)
    seconds = {**made.pop("seconds"), **checked.pop("seconds")}
    return {
        "peak_mib": {"make": made.pop("peak_mib"), "check": checked.pop("peak_mib")},
        **made,
        **checked,
        "us_a_row": {name: 1e6 * spent / made["rows"] for name, spent in seconds.items()},
    }


def _apart(work: Callable[[str, int], Figures], folder: str, size: int) -> Figures:
    """Return what work says in a fresh process, and the peak of that process's memory."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as fresh:
        return fresh.submit(_with_peak, work, folder, size).result()


def _with_peak(work: Callable[[str, int], Figures], folder: str, size: int) -> Figures:
    figures = work(folder, size)
    # getrusage would count what the parent held when it forked
    [peak] = re.findall(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return {**figures, "peak_mib": int(peak) / 1024}


def _make(folder: str, size: int) -> Figures:
    """Verify shard by shard, and make examples; writing what the shards begin with is not measured."""
    store = ArtifactStore.open(folder)
    counts = Counter[str]()
    seconds = {"verify": 0.0, "examples": 0.0}
    for shard, runs in _shards(store, size):
        started = time.process_time()
        verdicts = verify_programs(store, shard).manifest
        between = time.process_time()
        examples = build_examples(store, shard).manifest
        seconds["verify"] += between - started
        seconds["examples"] += time.process_time() - between
        chosen = verdicts.stats["yields"]["all"]["kept_questions"]
        counts.update(rows=runs, candidates=verdicts.rows, rationales=chosen, examples=examples.rows)
    return {**counts, "seconds": seconds}


def _shards(store: ArtifactStore, size: int) -> Iterator[tuple[str, int]]:
    """Write shards of multiplied runs until there are `size` rows; yield each with its number of rows."""
    tables = IMAGES, QUESTIONS, PROGRAMS, TRACES, PROBES
    first = {table: store.read_shard(table, _FIRST) for table in tables}
    copies = max(1, round(SHARD_ROWS / first[TRACES].height))
    for number in range(math.ceil(size / (copies * first[TRACES].height))):
        shard = _name(size, number)
        for table, frame in first.items():
            ids = [name for name in ("question_id", "trace_id") if name in table.schema]
            again = range(copies) if ids else range(1)
            parts = (
                frame.with_columns(pl.col(*ids) + f"-{size}-{number}-{copy}") if ids else frame
                for copy in again
            )
            store.write_shard(table, shard, pl.concat(parts), "curation")
        yield shard, copies * first[TRACES].height


def _check(folder: str, size: int) -> Figures:
    """Check all shards of a size together."""
    store = ArtifactStore.open(folder)
    start = _name(size, 0).removesuffix("00000")
    shards = [shard for shard in store.shards(EXAMPLES) if shard.startswith(start)]
    started = time.process_time()
    report = check_examples(store, shards)
    seconds = time.process_time() - started
    assert report.passed, {name: check.problems[:3] for name, check in report.checks.items()}
    return {"seconds": {"checks": seconds}}


def _name(size: int, number: int) -> str:
    return f"rows{size}-{number:05}"
