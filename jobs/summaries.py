"""One line on what a finished stage holds, for the demo's screen, read from the store shard by shard."""

from collections import Counter
from collections.abc import Callable, Sequence

from vpd.records import EXAMPLES, IMAGES, PROBES, PROGRAMS, QUESTIONS, TRACES, VERDICTS
from vpd.store import ArtifactStore
from vpd.verification.yields import ALL, add_yields, rates

Summary = Callable[[ArtifactStore, Sequence[str]], str]


def _images(store: ArtifactStore, shards: Sequence[str]) -> str:
    return f"{sum(store.manifest(IMAGES, shard).rows for shard in shards):,} pictures"


def _questions(store: ArtifactStore, shards: Sequence[str]) -> str:
    rows, texts = 0, set[str]()
    for shard in shards:
        asked = store.read_shard(QUESTIONS, shard)["text"]
        rows += len(asked)
        texts.update(asked)
    return f"{rows:,} questions, {len(texts):,} distinct texts"


def _candidates(store: ArtifactStore, shards: Sequence[str]) -> str:
    origins: dict[str, str] = {}
    for shard in shards:
        origins.update(store.read_shard(PROGRAMS, shard).select("candidate_id", "origin").iter_rows())
    counts = Counter(origins.values())
    return f"{len(origins):,} candidates, {counts['record']:,} from the record, {counts['live']:,} live"


def _traces(store: ArtifactStore, shards: Sequence[str]) -> str:
    outcomes: Counter[str] = Counter()
    for shard in shards:
        outcomes.update(store.read_shard(TRACES, shard)["outcome"].to_list())
    total = max(1, outcomes.total())
    return f"{outcomes.total():,} runs, {outcomes['answered'] / total:.0%} answered"


def _probes(store: ArtifactStore, shards: Sequence[str]) -> str:
    programs = sum(store.manifest(PROBES, shard).rows for shard in shards)
    runs = sum(store.manifest(PROBES, shard).stats["runs"] for shard in shards)
    return f"{programs:,} programs probed in {runs:,} runs"


def _verdicts(store: ArtifactStore, shards: Sequence[str]) -> str:
    found = rates(add_yields(store.manifest(VERDICTS, shard).stats["yields"] for shard in shards)[ALL])
    shown = {"execute": "executes", "pass@1": "pass_at_1", "any of k": "any_of_k", "kept": "kept"}
    return ", ".join(f"{label} {found[key] or 0.0:.0%}" for label, key in shown.items())


def _examples(store: ArtifactStore, shards: Sequence[str]) -> str:
    modes: Counter[str] = Counter()
    for shard in shards:
        modes.update(store.read_shard(EXAMPLES, shard)["mode"].to_list())
    return f"{modes['answer']:,} answers, {modes['rationale']:,} rationales"


SUMMARIES: dict[str, Summary] = {
    "raw_images": _images,
    "questions": _questions,
    "sampled_programs": _candidates,
    "execution_traces": _traces,
    "program_probes": _probes,
    "verified_programs": _verdicts,
    "cot_dataset": _examples,
}
