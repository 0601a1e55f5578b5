"""Asset checks: what must hold before training, and what is worth a warning.

All look at every committed shard, by the statistics in the manifests. The blocking check of the registry is
part of `vpd_assets.registered_model`, since it has to come before the alias moves.
"""

import hashlib
from collections import Counter
from dataclasses import asdict

import dagster as dg

from resources.artifact_store import ArtifactStoreResource
from vpd.rationale.check import check_examples
from vpd.records import EXAMPLES, PROGRAMS, QUESTIONS, REFUSED, TRACES, VERDICTS
from vpd.sampling.rates import sampling_rates
from vpd.store import ArtifactStore
from vpd.verification.yields import ALL, add_yields, rates
from vpd_assets.cot_dataset import cot_dataset
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
LOOKED_BACK = 100  # evaluations of a check
Shown = dict[str, dg.MetadataValue[str] | str | int | float]


@dg.asset_check(asset=cot_dataset, blocking=True)
def fit_for_training(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """Every picture opens and has its place, none is in two splits, nothing is empty, labels are normal."""
    store = artifact_store.open()
    report = check_examples(store, store.shards(EXAMPLES))
    first = markdown_table([asdict(problem) for problem in report.problems[:10]])
    return dg.AssetCheckResult(
        passed=report.passed,
        metadata={
            "examples": report.examples,
            "pictures": report.images,
            **{f"problems_{kind}": count for kind, count in report.counts.items()},
            "first": dg.MetadataValue.md(first),
        },
    )


@dg.asset_check(asset=questions)
def few_rows_refused(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """At most 5% of the rows that sources gave were refused; the table of refused rows says why."""
    store = artifact_store.open()
    taken = sum(store.manifest(QUESTIONS, shard).rows for shard in store.shards(QUESTIONS))
    frames = [store.read_shard(REFUSED, shard) for shard in store.shards(REFUSED)]
    refused = sum(frame.height for frame in frames)
    first = [row for frame in frames for row in frame.head(3).to_dicts()][:10]
    return _warning(
        refused <= REFUSED_SHARE * (taken + refused),
        {"refused": refused, "taken": taken, "first": dg.MetadataValue.md(markdown_table(first))},
    )


@dg.asset_check(asset=sampled_programs)
def steady_yield(
    context: dg.AssetCheckExecutionContext, artifact_store: ArtifactStoreResource
) -> dg.AssetCheckResult:
    """The share of clean programs is at most 10 points lower than it was before the programs changed."""
    digest, now = _programs_now(artifact_store.open())
    before = _programs_before(context, digest)
    shown: Shown = {"data": digest, **now, **{f"{name}_before": value for name, value in before.items()}}
    shown["compared_with"] = "the programs before these" if before else "nothing: these are the first"
    fall = before.get("clean_share", 0.0) - now["clean_share"]
    return _warning(round(fall, 4) <= CLEAN_SHARE_FALL, shown)


def _programs_now(store: ArtifactStore) -> tuple[str, dict[str, float]]:
    """Return the digest of all committed programs and their rates.

    Shards of an earlier version, which do not know clean programs, are passed over.
    """
    manifests = [store.manifest(PROGRAMS, shard) for shard in store.shards(PROGRAMS)]
    known = [manifest for manifest in manifests if "clean" in manifest.stats]
    digests = "".join(manifest.data_sha256 for manifest in known)
    rates = sampling_rates(manifest.stats for manifest in known)
    return hashlib.sha256(digests.encode()).hexdigest(), {name: rates[name] for name in COMPARED}


def _programs_before(context: dg.AssetCheckExecutionContext, digest: str) -> dict[str, float]:
    """Return the rates that the check last saw for other programs than these; empty if it never did."""
    key = dg.AssetCheckKey(sampled_programs.key, "steady_yield")
    history = context.instance.event_log_storage.get_asset_check_execution_history(key, limit=LOOKED_BACK)
    for record in history:
        evaluation = record.evaluation  # of one that is planned or was stopped there is no metadata
        if isinstance(evaluation, dg.AssetCheckEvaluation) and evaluation.metadata["data"].value != digest:
            return {name: float(str(evaluation.metadata[name].value)) for name in COMPARED}
    return {}


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
    return _warning(healthy, {f"share_{name}": round(share, 4) for name, share in shares.items()})


@dg.asset_check(asset=verified_programs)
def yield_by_family(artifact_store: ArtifactStoreResource) -> dg.AssetCheckResult:
    """In every question family at least 30% of the labelled questions have a correct candidate."""
    store = artifact_store.open()
    shards = (store.manifest(VERDICTS, shard) for shard in store.shards(VERDICTS))
    by_family = {f: rates(counts) for f, counts in add_yields(m.stats["yields"] for m in shards).items()}
    low = [f for f, found in by_family.items() if (found["any_of_k"] or 1.0) < ANY_OF_K and f != ALL]
    table = markdown_table([{"family": family, **found} for family, found in by_family.items()])
    return _warning(not low, {"low": ", ".join(low) or "none", "yields": dg.MetadataValue.md(table)})


def _warning(passed: bool, metadata: Shown) -> dg.AssetCheckResult:
    return dg.AssetCheckResult(passed=passed, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


CHECKS = [fit_for_training, few_rows_refused, steady_yield, programs_run, yield_by_family]
