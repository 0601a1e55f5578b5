"""What a check saw at its last evaluation of other data, and the form of a check that only warns."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import dagster as dg

from vpd.store import Manifest

LOOKED_BACK = 100  # evaluations of a check
DATA = "data"
"""Metadata that holds the digest of the data that an evaluation looked at."""
Shown = dict[str, Any]


def data_digest(manifests: Iterable[Manifest]) -> str:
    """Return the digest of all data of some shards."""
    return hashlib.sha256("".join(m.data_sha256 for m in manifests).encode()).hexdigest()


def seen_before(context: dg.AssetCheckExecutionContext, digest: str) -> Mapping[str, Any]:
    """Return the metadata values of this check's last evaluation of other data; empty if there is none."""
    [key] = context.selected_asset_check_keys
    history = context.instance.event_log_storage.get_asset_check_execution_history(key, limit=LOOKED_BACK)
    for record in history:
        evaluation = record.evaluation  # of one that is planned or was stopped there is no metadata
        if isinstance(evaluation, dg.AssetCheckEvaluation) and evaluation.metadata[DATA].value != digest:
            return {name: entry.value for name, entry in evaluation.metadata.items()}
    return {}


def warning(passed: bool, metadata: Shown) -> dg.AssetCheckResult:
    """Return the result of a check that stops nothing."""
    return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)
