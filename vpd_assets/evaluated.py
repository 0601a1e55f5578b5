"""An evaluation as the UI shows it, and what an upstream asset of the model group reported."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from vpd.evaluation.evaluate import STUDENT, TWIN
from vpd.evaluation.results import Evaluation, Share
from vpd_assets.markdown import markdown_table


def reported(instance: dg.DagsterInstance, key: dg.AssetKey) -> Mapping[str, dg.MetadataValue[Any]]:
    """Return what the last materialization of an asset reported; raises dagster.Failure if there is none."""
    event = instance.get_latest_materialization_event(key)
    if event is None or event.asset_materialization is None:
        raise dg.Failure(f"{key.to_user_string()} was never materialised: do that first", allow_retries=False)
    return event.asset_materialization.metadata


def headline(evaluation: Evaluation) -> str:
    """Return one line: the two arms and the programs' first samples on all questions."""
    student, twin = (evaluation.result(name, "answer").accuracy.mean for name in (STUDENT, TWIN))
    gap = evaluation.comparisons[0].difference
    return (
        f"student {student:.1%}, twin {twin:.1%} on {evaluation.questions:,} questions "
        f"(difference {gap.mean * 100:+.1f} points, {gap.low * 100:+.1f} to {gap.high * 100:+.1f})"
    )


def results_table(evaluation: Evaluation) -> str:
    """Return accuracy of every model and mode, over all and by family, as a Markdown table."""
    rows = [
        {
            "model": result.model,
            "mode": result.mode,
            "all": _percent(result.accuracy),
            **{family: f"{share.mean:.1%}" for family, share in result.families.items()},
            "s per question": result.seconds_per_question,
        }
        for result in evaluation.results
    ]
    return markdown_table(rows)


def _percent(share: Share) -> str:
    return f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"
