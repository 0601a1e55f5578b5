"""What a trace says, indexed for checking: boxes by name, counts, properties, answers, depths.

Built from the typed events alone, never from a rationale or from the renderer's own bookkeeping. Boxes are
known by their integers on the 0-1000 grid, which is how rationales write them.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from vpd.execution.trace import PatchRef, TraceEvent, Value
from vpd.geometry import Box
from vpd.rationale.checking.stated import GridBox, Seen, Stated
from vpd.rationale.nouns import name_key, quality_key
from vpd.scoring.normalize import normalize
from vpd.tools.methods import Method

ATTRIBUTES = ("color", "shape", "size", "material")
_ASKING = ("what", "which", "of", "is", "are", "does", "do", "have", "has", "this", "that", "it", "its", "in")
_SPARE = frozenset((*_ASKING, "object", "thing", "1", "picture", "image", "here"))


class Facts:
    """The facts of one run on a picture of `width` by `height` pixels."""

    def __init__(
        self, events: Sequence[TraceEvent], width: int, height: int, methods: Mapping[str, Method]
    ) -> None:
        self.size = (width, height)
        self.methods = methods
        self.picture = self.grid(Box(0, 0, width, height))
        self.pixels: dict[GridBox, Box] = {self.picture: Box(0, 0, width, height)}
        self.finds: dict[tuple[GridBox, str], list[tuple[GridBox, ...]]] = defaultdict(list)
        self.named: dict[str, set[GridBox]] = defaultdict(set)
        self.exists: dict[tuple[GridBox, str], bool] = {}
        self.properties: dict[tuple[GridBox, str], set[bool]] = defaultdict(set)
        self.loose_properties: dict[tuple[GridBox, str, str], set[bool]] = defaultdict(set)
        self.replies: dict[tuple[GridBox, str, str], None] = {}  # in the order of the events
        self.matches: set[tuple[GridBox, str]] = set()
        self.depths: dict[GridBox, float] = {}
        self.told: list[tuple[str, GridBox | None, tuple[Value, ...], Value]] = []
        self.numbers: set[float] = set()  # grows by what true sentences give
        for event in events:
            self._add(event)

    def grid(self, box: Box) -> GridBox:
        """Return a box's integers on the 0-1000 grid."""
        return box.on_grid(*self.size)

    def found_as(self, name: str, boxes: Iterable[GridBox]) -> Stated:
        """Return the searches for a name that gave one of these boxes, as spoken of."""
        wanted = set(boxes)
        return frozenset(
            Seen(region, key)
            for (region, key), found in self.finds.items()
            if key == name and any(wanted & set(one) for one in found)
        )

    def attributes(self, attribute: str) -> Iterator[tuple[GridBox, str, str]]:
        """Yield (box, question, reply) of the questions that ask for this attribute of what is at the box."""
        for box, question, reply in self.replies:
            names = {w for name, boxes in self.named.items() if box in boxes for w in name.split()}
            words = {quality_key(word) for word in question.split()} - _SPARE - names
            if words == {attribute}:
                yield box, question, reply

    def _add(self, event: TraceEvent) -> None:
        for patch in _patches((event.value, event.args, event.patch)):
            self.pixels[self.grid(patch.box)] = patch.box
        self.numbers.update(_numbers(event.value))
        if event.kind == "tool":
            self._add_tool(event)

    def _add_tool(self, event: TraceEvent) -> None:
        at, method = self.picture if event.patch is None else self.grid(event.patch.box), event.name
        if method in self.methods and self.methods[method].returns_patches and isinstance(event.value, tuple):
            name = name_key(self.methods[method].named(event.args))
            boxes = tuple(self.grid(p.box) for p in event.value if isinstance(p, PatchRef))
            self.finds[at, name].append(boxes)
            self.named[name].update(boxes)
            self.numbers.add(len(boxes))
            return
        if event.value is not None and method in self.methods:
            looked_at = at if self.methods[method].looks else None
            self.told.append((method, looked_at, event.args, event.value))
        match method, event.args, event.value:
            case "exists", (str(name),), bool(there):
                self.exists[at, name_key(name)] = there
            case "verify_property", (str(name), str(prop)), bool(holds):
                self.properties[at, quality_key(prop)].add(holds)
                self.loose_properties[at, name_key(name), quality_key(prop)].add(holds)
            case "simple_query", (str(question),), reply:
                self.replies[at, question_key(question), normalize(str(reply))] = None
            case "best_text_match", _, reply:
                self.matches.add((at, normalize(str(reply))))
            case "compute_depth", _, (int() | float()) as depth:
                self.depths[at] = float(depth)
            case _:
                return


def question_key(text: str) -> str:
    """Return one key for all spellings of a question."""
    return normalize(text).replace("colour", "color")


def _patches(value: Value | tuple[object, ...] | None) -> Iterator[PatchRef]:
    if isinstance(value, PatchRef):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _patches(item)  # type: ignore[arg-type]


def _numbers(value: Value) -> Iterable[float]:
    if isinstance(value, tuple):
        return [float(len(value))]
    text = normalize(value) if isinstance(value, str) else value
    try:
        return [] if text is None or isinstance(text, bool | PatchRef) else [float(text)]
    except (ValueError, OverflowError):
        return []
