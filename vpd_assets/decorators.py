"""The two kinds of asset: one that is made shard by shard, and one that is made from all shards at once.

What all assets of a kind share is said here once; an asset's file says what is its own. The docstring of the
decorated function becomes the description in the UI.
"""

import warnings
from collections.abc import Callable, Sequence
from typing import Any, cast

import dagster as dg

from vpd.stage import Stage
from vpd_assets.partitions import question_shards

OWNERS = ["team:vpd"]
Decorator = Callable[[Callable[..., Any]], dg.AssetsDefinition]


def shard_asset(
    stage: Stage,
    *,
    group: str,
    kinds: set[str],
    cost: str,
    deps: Sequence[dg.AssetsDefinition] = (),
    pool: str | None = None,
) -> Decorator:
    """Declare an asset whose partitions are the shards that a stage writes; a backfill is one run."""
    return _asset(
        group_name=group,
        kinds=kinds,
        code_version=stage.version,
        deps=deps,
        pool=pool,
        tags={"vpd/table": stage.table.name, "vpd/cost": cost},
        partitions_def=question_shards,
    )


def model_asset(
    *,
    kinds: set[str],
    code_version: str,
    cost: str,
    deps: Sequence[dg.AssetsDefinition],
    pool: str | None = None,
    check_specs: Sequence[dg.AssetCheckSpec] = (),
) -> Decorator:
    """Declare an asset of the group `model`, made from all shards at once."""
    return _asset(
        group_name="model",
        kinds=kinds,
        code_version=code_version,
        deps=deps,
        pool=pool,
        tags={"vpd/cost": cost},
        check_specs=check_specs,
    )


def _asset(**settings: Any) -> Decorator:
    with warnings.catch_warnings():
        # `backfill_policy` is the one parameter used here that Dagster 1.13 still calls beta.
        warnings.simplefilter("ignore", dg.BetaWarning)
        policy = dg.BackfillPolicy.single_run()
        return cast(Decorator, dg.asset(owners=OWNERS, backfill_policy=policy, **settings))
