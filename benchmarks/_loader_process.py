"""Read a store as a training does and print the peak of this process's memory, as JSON.

`python -m benchmarks._loader_process URI [ENDPOINT]`, started by `benchmarks.loader`. The figures come one
after the other from one process, so each peak is that of all before it as well.
"""

import json
import sys
import time
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from vpd.datasets.sources import source_of
from vpd.distill.data import Examples, Part
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

BATCH = 128  # questions
RESUMED = 20  # batches of the mixture


def main() -> None:
    """Survey, read every question once, and go on with a mixture after as many."""
    uri, endpoint = sys.argv[1], sys.argv[2] or None
    store = ArtifactStore.open(uri, endpoint)
    shards = store.shards(EXAMPLES)
    figures = {"start": _figures(time.perf_counter(), 0)}

    examples = Examples(store, shards, "student", 0)
    started = time.perf_counter()
    survey = examples.survey()
    rows = survey.questions + survey.rationales
    figures["survey"] = _figures(started, rows)

    started = time.perf_counter()
    batches = -(-survey.questions // BATCH)
    _take(examples, batches, survey.questions, 0)
    figures["batches"] = _figures(started, rows)

    started = time.perf_counter()
    weights = {source_of(shard): 1.0 + len(source_of(shard)) for shard in shards}
    _take(Examples(store, shards, "student", 0, weights), RESUMED, survey.questions, batches)
    figures["resumed_mixture"] = _figures(started, 0)
    print(json.dumps(figures))


def _take(examples: Examples, batches: int, questions: int, start: int) -> None:
    for _ in islice(examples.batches(BATCH, Part(), questions=questions, start=start), batches):
        pass


def _figures(started: float, rows: int) -> Mapping[str, float]:
    seconds = time.perf_counter() - started
    per_second = {"rows_per_second": rows / seconds} if rows else {}
    return {"peak_mib": _peak_mib(), "seconds": seconds, **per_second}


def _peak_mib() -> float:
    status = Path("/proc/self/status").read_text()
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


main()
