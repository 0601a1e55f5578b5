"""What the UI shows of a shard's verdicts: yields by family and policy, reasons, and the gallery of both."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from vpd.inspect.reasons import MEANING, count_reasons
from vpd.inspect.verdicts import publish_verdicts
from vpd.records import VERDICTS
from vpd.store import ArtifactStore
from vpd.verification.yields import Counts, rates
from vpd_assets.markdown import inline_png, markdown_table
from vpd_assets.shown import as_sample, link, one_per, texts

_KEPT_BY = "kept_by_"


def sample_verdicts(store: ArtifactStore, shard: str) -> dict[str, Any]:
    """Show yields, the candidates kept and refused for each reason, and a verdict for each."""
    questions = texts(store, shard)
    yields = store.manifest(VERDICTS, shard).stats["yields"]
    counts = count_reasons(VERDICTS.rows(store.read_shard(VERDICTS, shard)))
    reasons = [
        {"": name, "candidates": count, "meaning": MEANING.get(name, "")} for name, count in counts.items()
    ]
    return {
        "gallery": link(publish_verdicts, store, shard),
        "yields": dg.MetadataValue.md(
            markdown_table([{"family": name, **rates(found)} for name, found in yields.items()])
        ),
        "yield_by_policy": dg.MetadataValue.md(_chart(yields)),
        "reasons": dg.MetadataValue.md(markdown_table(reasons)),
    } | as_sample(
        {
            "question": questions[row["question_id"]],
            "program's answer": row["answer"],
            "outcome": row["outcome"],
            "kept": row["kept"],
            "reason": row["reason"],
        }
        for row in one_per(store, VERDICTS, shard, "refused_by", "verdict_id")
    )


def _chart(yields: Mapping[str, Counts]) -> str:
    from vpd.inspect.charts import Yield, yield_chart

    families = {}
    for family, counts in yields.items():
        kept_by = {n.removeprefix(_KEPT_BY): count for n, count in counts.items() if n.startswith(_KEPT_BY)}
        families[family] = Yield(counts["questions"], counts["any_correct"], kept_by)
    return inline_png(yield_chart(families))
