"""Shards of questions as Dagster partitions, and how their names become partition ranges of runs.

A shard is named `<source>-<NNN>` and holds a picture together with all of its questions, so every per-shard
asset has the same partitions, mapped one to one. Which shards there are is decided when a source is
registered (`vpd.datasets.sources`), not here.
"""

from collections.abc import Iterable, Sequence

import dagster as dg

PARTITIONS_NAME = "question_shards"
RANGE_START, RANGE_END = "dagster/asset_partition_range_start", "dagster/asset_partition_range_end"

question_shards = dg.DynamicPartitionsDefinition(name=PARTITIONS_NAME)


def all_shards(instance: dg.DagsterInstance) -> Sequence[str]:
    """Return all partitions in the order in which they were added."""
    return instance.get_dynamic_partitions(PARTITIONS_NAME)


def add_shards(instance: dg.DagsterInstance, shards: Sequence[str]) -> list[str]:
    """Make the shards that are not partitions yet into partitions; returns those."""
    known = set(all_shards(instance))
    new = [shard for shard in shards if shard not in known]
    instance.add_dynamic_partitions(PARTITIONS_NAME, new)
    return new


def range_tags(partitions: Sequence[str], shards: Iterable[str]) -> list[dict[str, str]]:
    """Return the tags of as few runs as cover exactly these shards.

    A run covers a range of neighbours among all partitions, in the order in which they were added.
    """
    wanted = set(shards)
    ranges: list[tuple[str, str]] = []
    previous_wanted = False
    for shard in partitions:
        if shard in wanted:
            ranges = [*ranges[:-1], (ranges[-1][0], shard)] if previous_wanted else [*ranges, (shard, shard)]
        previous_wanted = shard in wanted
    return [{RANGE_START: a, RANGE_END: b} for a, b in ranges]
