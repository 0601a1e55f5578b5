"""What galleries share: groups of runs, a bounded number of each, with their pictures, in one HTML file.

Not here: which runs belong together (`vpd.inspect.gallery` and `vpd.inspect.verdicts`), and what a run looks
like (`vpd.inspect.page`).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from vpd.inspect.drawing import Embedded, embed
from vpd.inspect.page import Sheet, make_sheet, shared, templates
from vpd.inspect.view import Kind, TraceView

PER_GROUP = 12
LARGEST = 6_000_000  # characters; every group gets an equal part, runs beyond it are left out
_LARGEST_FILE = 30_000  # bytes; a larger picture file is embedded as a small JPEG
_LARGEST_SIDE = 360  # pixels of that JPEG
_STEPS_SHOWN = 60


@dataclass(frozen=True)
class Group:
    """Runs that belong together: how many there are, and the views of those that may be shown."""

    name: str
    meaning: str
    kind: Kind
    count: int
    views: Iterable[TraceView]


@dataclass(frozen=True)
class _Page:
    """A group made ready: each run that is shown, and its full view as HTML."""

    group: Group
    shown: tuple[tuple[Sheet, Markup], ...]


def album(template: str, groups: Sequence[Group], **facts: object) -> str:
    """Return groups as HTML by a template that extends `album.html.j2`; `facts` are what it shows besides."""
    found = _Album()
    pages = [_Page(group, found.take(group, LARGEST // len(groups))) for group in groups]
    sheets = [sheet for page in pages for sheet, _ in page.shown]
    return templates().get_template(template).render(pages=pages, **facts, **shared(sheets, found.pictures))


class _Album:
    """Takes runs as long as they fit into the file; holds their pictures, each once."""

    def __init__(self) -> None:
        self.pictures: dict[str, Embedded] = {}
        self._taken = 0

    def take(self, group: Group, room: int) -> tuple[tuple[Sheet, Markup], ...]:
        """Return a group's runs made ready, with their full view, until `room` characters are used."""
        taken: list[tuple[Sheet, Markup]] = []
        for view in group.views:
            assert view.question is not None
            name = f"p{view.question.image_id}"
            known = self.pictures.get(name)
            picture = known or _embedded(view)
            sheet = make_sheet(view, view.trace_id or f"run-{self._taken}", name, picture, _STEPS_SHOWN)
            html = templates().get_template("parts.html.j2").module.sheet(sheet)  # type: ignore[attr-defined]
            room -= len(html) + (0 if picture is None or known else len(picture.address))
            if room < 0:
                break
            if picture is not None:
                self.pictures[name] = picture
            self._taken += 1
            taken.append((sheet, html))
        return tuple(taken)


def _embedded(view: TraceView) -> Embedded | None:
    return None if view.picture is None else embed(view.picture, _LARGEST_FILE, _LARGEST_SIDE)
