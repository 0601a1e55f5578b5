"""The checks that block training, one for each of `vpd.fitness.check`, all in one pass over the examples."""

from collections.abc import Iterator
from dataclasses import asdict

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.fitness.check import check_examples
from vpd.fitness.report import NAMES, CheckName, CheckReport
from vpd.records import EXAMPLES
from vpd_assets.checks.before import Shown
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.markdown import markdown_table

FIRST = 10  # problems in the event log
_DESCRIPTIONS: dict[CheckName, str] = {
    "schema": "Rows have the table's columns and known values, and every key and question is there once.",
    "pictures": "Every picture is there and decodes.",
    "leakage": "No picture, near-duplicate of one, question or held-out text is in two splits.",
    "faithfulness": "Every rationale, held against its trace again, is true and leaves nothing out.",
    "labels": "Answers are in normal form, are options where there are some, and few are odd or contradict.",
}


@dg.multi_asset_check(
    specs=[
        dg.AssetCheckSpec(name, asset=cot_dataset, blocking=True, description=_DESCRIPTIONS[name])
        for name in NAMES
    ]
)
def fit_for_training(artifact_store: ArtifactStoreResource) -> Iterator[dg.AssetCheckResult]:
    """Check the examples of all shards, each shard read and each picture decoded once."""
    store = artifact_store.open()
    report = check_examples(store, store.shards(EXAMPLES))
    for name, check in report.checks.items():
        yield dg.AssetCheckResult(
            asset_key=cot_dataset.key, check_name=name, passed=check.passed, metadata=_shown(check)
        )


def _shown(check: CheckReport) -> Shown:
    found = [*check.problems[:FIRST], *check.noticed[:FIRST]]
    return {
        **check.facts,
        **{f"found_{kind.replace(' ', '_')}": count for kind, count in check.counts.most_common()},
        "first": dg.MetadataValue.md(markdown_table([asdict(problem) for problem in found])),
    }
