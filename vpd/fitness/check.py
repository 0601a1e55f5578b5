"""The checks before training: are the examples of these shards fit to learn from and to be measured on?

    schema        rows have the form of the table, keys are unique (`vpd.fitness.schema`)
    pictures      every picture opens (`vpd.fitness.pictures`)
    leakage       nothing is in two splits (`vpd.fitness.leakage`)
    faithfulness  every rationale is true of its trace (`vpd.fitness.faithfulness`)
    labels        answers can be answers (`vpd.fitness.labels`)

The shards are gone through once, one in memory at a time; what is kept over shards each module says. A shard
that cannot be read as examples is a problem of `schema`, and the other checks pass it over.
"""

import time
from collections.abc import Iterable, Sequence

from vpd.fitness.faithfulness import FaithfulnessCheck
from vpd.fitness.labels import LabelsCheck
from vpd.fitness.leakage import LeakageCheck
from vpd.fitness.ledger import Ledger
from vpd.fitness.pictures import PicturesCheck
from vpd.fitness.report import NAMES, CheckReport, Problem, Report
from vpd.fitness.schema import SchemaCheck, open_frame
from vpd.fitness.shard import Shard
from vpd.store import ArtifactStore


def check_examples(store: ArtifactStore, shards: Sequence[str]) -> Report:
    """Check the examples of several shards together.

    Raises MissingShardError if a shard is not committed.
    """
    ledger = Ledger(store, shards)
    schema, pictures, labels = SchemaCheck(ledger), PicturesCheck(), LabelsCheck(ledger)
    leakage, faithfulness = LeakageCheck(store, ledger, pictures), FaithfulnessCheck()
    reports = {name: CheckReport() for name in NAMES}
    for number, name in enumerate(shards):
        frame = open_frame(store, name)
        if isinstance(frame, Problem):
            reports["schema"].add([frame])
            continue
        shard = Shard(store, name, number, frame)
        ledger.add(shard)
        _enter(reports["schema"], schema.look(shard))
        _enter(reports["pictures"], pictures.look(shard))
        _enter(reports["faithfulness"], faithfulness.look(shard))
        _enter(reports["labels"], labels.look(shard))
    _enter(reports["schema"], schema.end())
    _enter(reports["leakage"], leakage.end())
    _enter(reports["labels"], labels.end())
    facts = schema.facts(), pictures.facts(), leakage.facts(), faithfulness.facts(), labels.facts()
    for name, found in zip(NAMES, facts, strict=True):
        reports[name].facts |= found
    return Report(ledger.frame.height, reports)


def _enter(report: CheckReport, problems: Iterable[Problem]) -> None:
    """Enter problems, and the time that it took to find them."""
    started = time.monotonic()
    report.add(problems)
    report.facts["seconds"] = round(report.facts.get("seconds", 0.0) + time.monotonic() - started, 3)
