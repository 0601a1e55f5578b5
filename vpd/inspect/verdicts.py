"""The gallery of a shard's verdicts: candidates kept and refused, by why, a few of each, in one HTML file.

A card opens the full run with all evidence of its verdict within the same file. Counts are of candidates;
of those that are the same program for a question one is shown.

Not here: which classes of reasons there are (`vpd.inspect.reasons`).
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from vpd.inspect.album import PER_GROUP, Group, album
from vpd.inspect.html import keep_page
from vpd.inspect.reasons import MEANING, count_reasons, kind_of, reason_class
from vpd.inspect.sample import spread
from vpd.inspect.shard import JudgedRun, ShardRuns
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, VERDICTS, Candidate, Verdict, stable_id
from vpd.store import ArtifactStore

VERSION = "1"


def verdict_gallery(store: ArtifactStore, shard: str) -> str:
    """Return the gallery of a shard's verdicts as HTML.

    Raises MissingShardError if its verdicts or what they came from are not committed, CorruptShardError if
    one is damaged.
    """
    runs = ShardRuns(store, shard)
    verdicts = VERDICTS.rows(store.read_shard(VERDICTS, shard))
    return album(
        "verdicts.html.j2",
        list(_groups(runs, verdicts)),
        shard=shard,
        questions=len(runs.questions),
        policies=sorted({verdict.policy for verdict in verdicts}),
        chosen=sum(verdict.chosen for verdict in verdicts),
    )


def publish_verdicts(store: ArtifactStore, shard: str) -> str:
    """Keep the gallery of a shard's verdicts in the store, unless it is there, and return its address."""
    tables = (IMAGES, QUESTIONS, PROGRAMS, TRACES, VERDICTS)
    digest = stable_id("verdicts", VERSION, *(store.manifest(table, shard).data_sha256 for table in tables))
    return keep_page(store, f"galleries/{shard}/verdicts-", digest, lambda: verdict_gallery(store, shard))


def _groups(runs: ShardRuns, verdicts: list[Verdict]) -> Iterator[Group]:
    """Yield the classes that occur, in the order of MEANING."""
    unseen = {_key(j.question.question_id, j.evidence.candidate): j for j in runs.judged()}
    classes: dict[str, list[tuple[Verdict, JudgedRun]]] = defaultdict(list)
    for verdict in sorted(verdicts, key=lambda v: (not v.chosen, v.verdict_id)):
        judged = unseen.pop(_key(verdict.question_id, verdict), None)
        if judged is not None:
            classes[reason_class(verdict)].append((verdict, judged))
    for name, count in count_reasons(verdicts).items():
        chosen = islice(spread(classes[name], _id, _family), PER_GROUP)
        shown = (replace(runs.view(judged), verdicts=(verdict,)) for verdict, judged in chosen)
        yield Group(name, MEANING.get(name, ""), kind_of(name), count, shown)


def _key(question_id: str, row: Candidate | Verdict) -> tuple[str, str]:
    return question_id, row.program_id or row.candidate_id


def _id(shown: tuple[Verdict, JudgedRun]) -> str:
    return shown[0].verdict_id


def _family(shown: tuple[Verdict, JudgedRun]) -> str:
    return shown[1].question.family
