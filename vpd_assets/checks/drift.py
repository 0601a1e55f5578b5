"""Warnings when the data set becomes another one than it was at the last evaluation of other data.

Each evaluation keeps the counts it saw in its metadata, for the next one to compare with.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict

import dagster as dg
import polars as pl

from resources.artifact_store import ArtifactStoreResource
from vpd.fitness.drift import Drift, answer_shifts, kept_falls, length_changes
from vpd.records import EXAMPLES, VERDICTS
from vpd.store import ArtifactStore
from vpd.verification.yields import add_yields
from vpd_assets.checks.before import DATA, Shown, data_digest, seen_before, warning
from vpd_assets.cot_dataset import cot_dataset
from vpd_assets.markdown import markdown_table
from vpd_assets.verified_programs import verified_programs

COUNTS = "counts"
ANSWERS = 20  # of a family that are counted one by one, the commonest; the others are one
OTHERS = "others"
_Families = dict[str, dict[str, int]]


@dg.asset_check(asset=verified_programs)
def steady_kept(
    context: dg.AssetCheckExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.AssetCheckResult:
    """In no question family is the share of kept questions over 10 points lower than before, noise aside."""
    store = artifact_store.open()
    manifests = [store.manifest(VERDICTS, shard) for shard in store.shards(VERDICTS)]
    digest = data_digest(manifests)
    families = add_yields(m.stats["yields"] for m in manifests)
    now = {f: {name: c[name] for name in ("questions", "kept_questions")} for f, c in families.items()}
    before = seen_before(context, digest).get(COUNTS)
    return _result(digest, now, before is None, {"kept": kept_falls(before or {}, now)})


@dg.asset_check(asset=cot_dataset)
def steady_examples(
    context: dg.AssetCheckExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.AssetCheckResult:
    """In no question family did rationales change by a fifth in length, or did a fifth of the answers."""
    store = artifact_store.open()
    digest = data_digest(store.manifest(EXAMPLES, shard) for shard in store.shards(EXAMPLES))
    now = {"words": _words(store), "answers": _answers(store)}
    before = seen_before(context, digest).get(COUNTS)
    was = before or {"words": {}, "answers": {}}
    drifts = {
        "words": length_changes(was["words"], now["words"]),
        "answers": answer_shifts(was["answers"], now["answers"]),
    }
    return _result(digest, now, before is None, drifts)


def _result(
    digest: str, now: Mapping[str, object], first: bool, drifts: Mapping[str, Sequence[Drift]]
) -> dg.AssetCheckResult:
    """Return a warning that names the families that drifted."""
    drifted = [f"{d.family} ({name})" for name, found in drifts.items() for d in found if d.drifted]
    shown: Shown = {
        DATA: digest,
        COUNTS: dg.MetadataValue.json(dict(now)),
        "compared_with": "nothing: this is the first" if first else "the data before this",
        "drifted": ", ".join(drifted) or "none",
        **{
            name: dg.MetadataValue.md(markdown_table([asdict(d) for d in found]))
            for name, found in drifts.items()
        },
    }
    return warning(not drifted, shown)


def _words(store: ArtifactStore) -> _Families:
    """Return the number of rationales of each family, the sum of their words and that of the squares."""
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    words = pl.col("target").str.count_matches(r"\S+").cast(pl.Int64)
    for _, frame in store.iter_shards(EXAMPLES):
        counted = (
            frame.filter(mode="rationale")
            .group_by("family")
            .agg(rationales=pl.len(), words=words.sum(), squares=(words * words).sum())
        )
        for row in counted.to_dicts():
            total[row.pop("family")].update(row)
    return {family: dict(counts) for family, counts in sorted(total.items())}


def _answers(store: ArtifactStore) -> _Families:
    """Return how often the commonest answers of each family are taught, and all others together."""
    total: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for _, frame in store.iter_shards(EXAMPLES):
        counted = frame.filter(mode="answer").group_by("family", "answer").len()
        for family, answer, count in counted.iter_rows():
            total[family][answer] += count
    return {family: _commonest(counts) for family, counts in sorted(total.items())}


def _commonest(counts: Counter[str]) -> dict[str, int]:
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rest = sum(count for _, count in ordered[ANSWERS:])
    return {**dict(ordered[:ANSWERS]), **({OTHERS: rest} if rest else {})}
