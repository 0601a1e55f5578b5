"""Find a run in the store by the id of its trace."""

from dataclasses import replace

from vpd.errors import DataError
from vpd.inspect.shard import ShardRuns
from vpd.inspect.view import TraceView
from vpd.lineage.ancestry import find_id
from vpd.lineage.catalog import Catalog
from vpd.records import VERDICTS, Verdict
from vpd.store import ArtifactStore
from vpd.verification.evidence import Evidence


def find_trace(catalog: Catalog, prefix: str) -> TraceView:
    """Return the run whose trace id is, or is the only one to start with, the prefix.

    Raises DataError if there is none or its program is gone, ConfigError if several ids start so.
    """
    _, trace_id = find_id(catalog, prefix, ["trace"])
    sql = "SELECT shard FROM traces WHERE trace_id = $id ORDER BY shard LIMIT 1"
    shard = catalog.rows(sql, {"id": trace_id})[0]["shard"]
    runs = ShardRuns(catalog.store, shard)
    for judged in runs.judged():
        if judged.evidence.trace is not None and judged.evidence.trace.trace_id == trace_id:
            return replace(runs.view(judged), verdicts=_verdicts(catalog.store, shard, judged.evidence))
    raise DataError(
        f"trace {trace_id} is older than the programs of shard {shard}: materialise execution_traces again"
    )


def _verdicts(store: ArtifactStore, shard: str, evidence: Evidence) -> tuple[Verdict, ...]:
    """Return the verdicts on this run, if there are any, and none on an older run of the same program."""
    if store.find_manifest(VERDICTS, shard) is None:
        return ()
    return tuple(
        verdict
        for verdict in VERDICTS.rows(store.read_shard(VERDICTS, shard))
        if evidence.trace is not None
        and verdict.trace_id == evidence.trace.trace_id
        and (verdict.outcome, verdict.answer) == (evidence.outcome, evidence.answer)
    )
