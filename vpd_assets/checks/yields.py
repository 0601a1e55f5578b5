"""Warnings about each step: rows refused, programs that are not clean, runs without answers, low yields."""

from collections import Counter

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.records import PROGRAMS, QUESTIONS, REFUSED, TRACES, VERDICTS
from vpd.sampling.rates import sampling_rates
from vpd.verification.yields import ALL, add_yields, rates
from vpd_assets.checks.before import DATA, Shown, data_digest, seen_before, warning
from vpd_assets.execution_traces import execution_traces
from vpd_assets.markdown import markdown_table
from vpd_assets.questions import questions
from vpd_assets.sampled_programs import sampled_programs
from vpd_assets.verified_programs import verified_programs

REFUSED_SHARE = 0.05
ANSWERED_SHARE = 0.3
CRASHED_SHARE = 0.01
ANY_OF_K = 0.3
CLEAN_SHARE_FALL = 0.1
COMPARED = ("clean_share", "parse_share", "call_graphs_per_question")


@dg.asset_check(asset=questions)
def few_rows_refused(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """At most 5% of the rows that sources gave were refused; the table of refused rows says why."""
    store = artifact_store.open()
    taken = sum(store.manifest(QUESTIONS, shard).rows for shard in store.shards(QUESTIONS))
    frames = [store.read_shard(REFUSED, shard) for shard in store.shards(REFUSED)]
    refused = sum(frame.height for frame in frames)
    first = [row for frame in frames for row in frame.head(3).to_dicts()][:10]
    return warning(
        refused <= REFUSED_SHARE * (taken + refused),
        {"refused": refused, "taken": taken, "first": dg.MetadataValue.md(markdown_table(first))},
    )


@dg.asset_check(asset=sampled_programs)
def steady_yield(
    context: dg.AssetCheckExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.AssetCheckResult:
    """The share of clean programs is at most 10 points lower than it was before the programs changed.

    Shards of an earlier version, which do not know clean programs, are passed over.
    """
    store = artifact_store.open()
    manifests = [store.manifest(PROGRAMS, shard) for shard in store.shards(PROGRAMS)]
    known = [manifest for manifest in manifests if "clean" in manifest.stats]
    digest, found = data_digest(known), sampling_rates(manifest.stats for manifest in known)
    seen = seen_before(context, digest)
    now = {name: found[name] for name in COMPARED}
    before = {name: float(seen[name]) for name in COMPARED} if seen else {}
    shown: Shown = {DATA: digest, **now, **{f"{name}_before": value for name, value in before.items()}}
    shown["compared_with"] = "the programs before these" if before else "nothing: these are the first"
    fall = before.get("clean_share", 0.0) - now["clean_share"]
    return warning(round(fall, 4) <= CLEAN_SHARE_FALL, shown)


@dg.asset_check(asset=execution_traces)
def programs_run(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """At least 30% of the runs end in an answer, and at most 1% in a crash."""
    store = artifact_store.open()
    outcomes: Counter[str] = Counter()
    for shard in store.shards(TRACES):
        outcomes.update(store.manifest(TRACES, shard).stats["outcomes"])
    total = max(1, outcomes.total())
    shares = {name: count / total for name, count in outcomes.most_common()}
    healthy = shares.get("answered", 0.0) >= ANSWERED_SHARE and shares.get("crash", 0.0) <= CRASHED_SHARE
    return warning(healthy, {f"share_{name}": round(share, 4) for name, share in shares.items()})


@dg.asset_check(asset=verified_programs)
def yield_by_family(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """In every question family at least 30% of the labelled questions have a correct candidate."""
    store = artifact_store.open()
    shards = (store.manifest(VERDICTS, shard) for shard in store.shards(VERDICTS))
    by_family = {f: rates(counts) for f, counts in add_yields(m.stats["yields"] for m in shards).items()}
    low = [f for f, found in by_family.items() if (found["any_of_k"] or 1.0) < ANY_OF_K and f != ALL]
    table = markdown_table([{"family": family, **found} for family, found in by_family.items()])
    return warning(not low, {"low": ", ".join(low) or "none", "yields": dg.MetadataValue.md(table)})
