"""Which shards a model is trained on: all shards of the chosen sources, and only if every one is committed.

A source that is half done would make a model that nobody can make again, so it counts as not there.
"""

import dagster as dg
from pydantic import Field

from vpd.datasets.sources import find_spec, shard_names
from vpd.errors import MissingShardError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore


class TrainingData(dg.Config):
    """Choice of sources."""

    sources: list[str] = Field(
        default=[], description="Registered sources to train on; empty: all whose shards are all committed"
    )


def training_shards(store: ArtifactStore, data: TrainingData) -> list[str]:
    """Return the shards to train on, in order.

    Raises ConfigError for a source that is not registered, MissingShardError if a chosen source is not
    complete or, without a choice, none is.
    """
    committed = set(store.shards(EXAMPLES))
    names = data.sources or [name.removeprefix("sources/") for name in store.documents("sources/")]
    shards_of = {name: shard_names(find_spec(store, name)) for name in names}
    missing = [shard for shards in shards_of.values() for shard in shards if shard not in committed]
    complete = [name for name in names if committed.issuperset(shards_of[name])]
    if not complete or (data.sources and missing):
        raise MissingShardError(
            f"cot_dataset lacks {len(missing)} shards of {', '.join(names) or 'any source'}"
            f"{f', such as {missing[0]}' if missing else ''}: materialise them first"
        )
    return [shard for name in complete for shard in shards_of[name]]
