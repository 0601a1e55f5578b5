"""Find a run in the store by the id of its trace."""

from vpd.errors import DataError
from vpd.inspect.shard import ShardRuns
from vpd.inspect.view import TraceView
from vpd.lineage.ancestry import find_id
from vpd.lineage.catalog import Catalog


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
            return runs.view(judged)
    raise DataError(
        f"trace {trace_id} is older than the programs of shard {shard}: materialise execution_traces again"
    )
