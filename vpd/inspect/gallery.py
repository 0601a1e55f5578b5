"""The gallery of a shard: runs that were right, wrong or failed, a few of each, in one HTML file.

Right and wrong are by the label, with verification's own scorer, so a gallery can be made before verdicts
are. It needs nothing else; a card opens the full run within the same file.

Not here: what a run looks like (`vpd.inspect.page`).
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from markupsafe import Markup

from vpd.inspect.drawing import Embedded, embed
from vpd.inspect.page import Sheet, make_sheet, shared, templates
from vpd.inspect.sample import spread
from vpd.inspect.shard import JudgedRun, ShardRuns
from vpd.inspect.view import TraceView
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, stable_id
from vpd.store import ArtifactStore

VERSION = "1"
PER_GROUP = 12
LARGEST = 6_000_000  # characters; every group gets an equal part, runs beyond it are left out
_LARGEST_FILE = 30_000  # bytes; a larger picture file is embedded as a small JPEG
_LARGEST_SIDE = 360  # pixels of that JPEG
_STEPS_SHOWN = 60
_FIRST = ("right", "wrong", "answered")
_MEANING = {
    "right": "the answer equals a label",
    "wrong": "the answer equals no label",
    "answered": "there is no label to compare with",
    "syntax": "the text is no program",
    "unsupported": "needs what the sandbox does not have",
    "policy": "contains what no program may contain",
    "vocabulary": "asked a tool for a name it does not know",
    "runtime": "raised an error, or returned no answer",
    "budget": "reached a limit",
    "crash": "a tool failed or the sandbox's worker died",
}


@dataclass(frozen=True)
class Group:
    """Runs that ended alike: how many there are, and those that are shown, each with its view as HTML."""

    name: str
    meaning: str
    count: int
    shown: tuple[tuple[Sheet, Markup], ...]


def shard_gallery(store: ArtifactStore, shard: str) -> str:
    """Return the gallery of a shard as HTML.

    Raises MissingShardError if its traces or what they came from are not committed, CorruptShardError if
    one is damaged.
    """
    runs = ShardRuns(store, shard)
    album = _Album()
    groups = list(_groups(runs, album))
    sheets = [sheet for group in groups for sheet, _ in group.shown]
    template = templates().get_template("gallery.html.j2")
    facts = {
        "questions": len(runs.questions),
        "tools": sorted({trace.tools_version for trace in runs.traces}),
        "isolation": sorted({trace.isolation for trace in runs.traces}),
    }
    return template.render(shard=shard, groups=groups, **facts, **shared(sheets, album.pictures))


def publish_gallery(store: ArtifactStore, shard: str) -> str:
    """Keep the gallery of a shard in the store, unless it is there already, and return its address.

    Its name follows from what it is made from, and it is whole or absent: a process killed at any point
    leaves no wrong gallery behind. An older one is deleted once the new one is there.
    """
    made_from = [store.manifest(table, shard).data_sha256 for table in (IMAGES, QUESTIONS, PROGRAMS, TRACES)]
    folder = f"galleries/{shard}/"
    name = f"{folder}{stable_id('gallery', VERSION, *made_from)}.html"
    if not store.objects.exists(name):
        store.objects.put(name, shard_gallery(store, shard).encode())
        for older in set(store.objects.list(folder)) - {name}:
            store.objects.delete(older)
    return f"{store.uri}/{name}"


class _Album:
    """Takes runs as long as they fit into the file; holds their pictures, each once."""

    def __init__(self) -> None:
        self.pictures: dict[str, Embedded] = {}

    def take(self, views: Iterable[TraceView], group: str, room: int) -> Iterator[tuple[Sheet, Markup]]:
        """Yield runs made ready, with their full view, until `room` characters are used."""
        for place, view in enumerate(views, start=1):
            assert view.question is not None
            name = f"p{view.question.image_id}"
            known = self.pictures.get(name)
            picture = known or _embedded(view)
            sheet = make_sheet(view, view.trace_id or f"{group}-{place}", name, picture, _STEPS_SHOWN)
            html = templates().get_template("parts.html.j2").module.sheet(sheet)  # type: ignore[attr-defined]
            room -= len(html) + (0 if picture is None or known else len(picture.address))
            if room < 0:
                return
            if picture is not None:
                self.pictures[name] = picture
            yield sheet, html


def _groups(runs: ShardRuns, album: _Album) -> Iterator[Group]:
    """Yield the groups that occur: those with an answer first."""
    ended: dict[str, list[JudgedRun]] = defaultdict(list)
    for judged in runs.judged():
        ended[judged.status].append(judged)
    for name in sorted(ended, key=lambda n: (n not in _FIRST, _FIRST.index(n) if n in _FIRST else n)):
        chosen = islice(spread(ended[name], _key, _family), PER_GROUP)
        shown = album.take(map(runs.view, chosen), name, LARGEST // len(ended))
        yield Group(name, _MEANING.get(name, ""), len(ended[name]), tuple(shown))


def _key(judged: JudgedRun) -> str:
    return f"{judged.question.question_id} {judged.evidence.candidate.candidate_id}"


def _family(judged: JudgedRun) -> str:
    return judged.question.family


def _embedded(view: TraceView) -> Embedded | None:
    return None if view.picture is None else embed(view.picture, _LARGEST_FILE, _LARGEST_SIDE)
