"""The gallery of a shard: runs that were right, wrong or failed, a few of each, in one HTML file.

Right and wrong are by the label, with verification's own scorer, so a gallery can be made before verdicts
are. It needs nothing else; a card opens the full run within the same file.

Not here: what a run looks like (`vpd.inspect.page`), and verdicts with their reasons
(`vpd.inspect.verdicts`).
"""

from collections import defaultdict
from collections.abc import Iterator
from itertools import islice

from vpd.inspect.album import PER_GROUP, Group, album
from vpd.inspect.html import keep_page
from vpd.inspect.reasons import OUTCOMES
from vpd.inspect.sample import spread
from vpd.inspect.shard import JudgedRun, ShardRuns
from vpd.inspect.view import Kind
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, stable_id
from vpd.store import ArtifactStore

VERSION = "2"
_FIRST: dict[str, Kind] = {"right": "right", "wrong": "wrong", "answered": "right"}
_MEANING = {
    "right": "the answer equals a label",
    "wrong": "the answer equals no label",
    "answered": "there is no label to compare with",
    **OUTCOMES,
}


def shard_gallery(store: ArtifactStore, shard: str) -> str:
    """Return the gallery of a shard as HTML.

    Raises MissingShardError if its traces or what they came from are not committed, CorruptShardError if
    one is damaged.
    """
    runs = ShardRuns(store, shard)
    return album(
        "gallery.html.j2",
        list(_groups(runs)),
        shard=shard,
        questions=len(runs.questions),
        tools=sorted({trace.tools_version for trace in runs.traces}),
        isolation=sorted({trace.isolation for trace in runs.traces}),
    )


def publish_gallery(store: ArtifactStore, shard: str) -> str:
    """Keep the gallery of a shard in the store, unless it is there already, and return its address."""
    made_from = [store.manifest(table, shard).data_sha256 for table in (IMAGES, QUESTIONS, PROGRAMS, TRACES)]
    digest = stable_id("gallery", VERSION, *made_from)
    return keep_page(store, f"galleries/{shard}/", digest, lambda: shard_gallery(store, shard))


def _groups(runs: ShardRuns) -> Iterator[Group]:
    """Yield the groups that occur: those with an answer first."""
    ended: dict[str, list[JudgedRun]] = defaultdict(list)
    for judged in runs.judged():
        ended[judged.status].append(judged)
    order = [name for name in _FIRST if name in ended] + sorted(set(ended) - set(_FIRST))
    for name in order:
        chosen = islice(spread(ended[name], _key, _family), PER_GROUP)
        shown = map(runs.view, chosen)
        yield Group(name, _MEANING.get(name, ""), _FIRST.get(name, "failed"), len(ended[name]), shown)


def _key(judged: JudgedRun) -> str:
    return f"{judged.question.question_id} {judged.evidence.candidate.candidate_id}"


def _family(judged: JudgedRun) -> str:
    return judged.question.family
