"""The `ImagePatch` methods for photographs, answered by a detector of a closed vocabulary and colour names.

A region is looked at by itself. Of adjectives only colours are understood. What neither can tell is a typed
failure, never a guess. There is no depth: no pixel-only rule for it would be honest.
"""

import os
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain
from threading import Lock
from typing import Protocol

from vpd.geometry import Box
from vpd.tools.coco import known_name
from vpd.tools.colors import color_name, color_shares, known_color
from vpd.tools.protocol import Detection, Picture, Tool, ToolFailure, ToolRequest, ToolResult

VERSION = "photos-1"  # raise it with every change here or in vpd.tools.colors that can change an answer
_ANYTHING = frozenset({"object", "objects", "thing", "things", "item", "items"})
_ARTICLE = re.compile(r"^(?:an?|the|any|some)\s+")
_WHAT_COLOR = re.compile(r"^what colou?r (?:is|are) (?:it|this|that|these|those|(?P<name>.+?))\s*\??$")
_WHAT_IS_IT = re.compile(
    r"^what (?:(?:kind|type) of )?(?:object |thing )?is (?:it|this|that)(?: object| thing)?\s*\??$"
)


@dataclass(frozen=True)
class Seen:
    """A detected object: the class's name, its box in picture pixels, the detector's score."""

    name: str
    box: Box
    confidence: float


class Detector(Protocol):
    """Detects objects in a region, for several threads at once.

    Answers depend on the picture, the region and `version` only.
    """

    version: str

    def detect(self, picture: Picture, region: Box) -> tuple[Seen, ...]:
        """Return the objects, the surest first; boxes lie in the region."""
        ...


class Remembering:
    """A detector that keeps what it saw in the last regions: several names cost one forward pass."""

    def __init__(self, detector: Detector, regions: int = 1024) -> None:
        self.version = detector.version
        self._detector = detector
        self._regions = regions
        self._seen: OrderedDict[tuple[str, Box], tuple[Seen, ...]] = OrderedDict()
        self._lock = Lock()

    def detect(self, picture: Picture, region: Box) -> tuple[Seen, ...]:
        """Return the objects, the surest first."""
        key = (picture.image_id, region)
        with self._lock:
            if key in self._seen:
                self._seen.move_to_end(key)
                return self._seen[key]
        seen = self._detector.detect(picture, region)
        with self._lock:
            self._seen[key] = seen
            if len(self._seen) > self._regions:
                self._seen.popitem(last=False)
        return seen


class OutsideVocabulary(Exception):
    """A name that the detector does not know, or a property that is no colour."""


class CannotTell(Exception):
    """A question or a choice that these tools have no answer to."""


@dataclass(frozen=True)
class Name:
    """What is looked for: a class (None: any) and a colour (None: any)."""

    noun: str | None
    color: str | None


@dataclass(frozen=True)
class View:
    """A region to look at."""

    picture: Picture
    region: Box
    detector: Detector

    def named(self, name: Name) -> list[Seen]:
        """Return the objects of this name, the surest first."""
        found = self.detector.detect(self.picture, self.region)
        of_class = [s for s in found if name.noun in (None, s.name)]
        return [s for s in of_class if name.color in (None, color_name(self.picture, s.box)[0])]


Method = Callable[..., ToolResult | ToolFailure]


class PhotoTool:
    """One method over what a detector sees."""

    def __init__(self, detector: Detector, method: Method, threads: ThreadPoolExecutor) -> None:
        self.version = f"{VERSION}/{detector.version}"
        self._detector = detector
        self._method = method
        self._threads = threads

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer every request on its own: regions in parallel, the requests of one region in turn."""
        regions: dict[tuple[str, Box], list[int]] = {}
        for number, request in enumerate(batch):
            regions.setdefault((request.picture.image_id, request.region), []).append(number)
        groups = self._threads.map(
            lambda numbers: [(number, self._answer(batch[number])) for number in numbers], regions.values()
        )
        answers = dict(chain.from_iterable(groups))
        return [answers[number] for number in range(len(batch))]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        try:
            return self._method(View(request.picture, request.region, self._detector), *request.args)
        except OutsideVocabulary as error:
            return ToolFailure("vocabulary", str(error))
        except CannotTell as error:
            return ToolFailure("argument", str(error))


def photo_tools(detector: Detector, threads: int | None = None) -> Mapping[str, Tool]:
    """Return the tools by method name; they look at as many regions at once as there are threads (cores)."""
    shared = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="vpd-photos")
    return {name: PhotoTool(detector, method, shared) for name, method in _METHODS.items()}


def parse_name(words: str) -> Name:
    """Read "red car", "a bus", "objects". Raises OutsideVocabulary."""
    rest = _ARTICLE.sub("", " ".join(words.lower().split()))
    first, _, others = rest.partition(" ")
    color = known_color(first) if others else None
    noun = others if color else rest
    if noun in _ANYTHING:
        return Name(None, color)
    known = known_name(noun)
    if known is None:
        raise OutsideVocabulary(
            f"{words!r} is outside this detector's vocabulary: the 80 COCO names, such as person, car, dog, "
            "with or without a colour"
        )
    return Name(known, color)


def _find(view: View, object_name: str) -> ToolResult:
    found = sorted(view.named(parse_name(object_name)), key=lambda s: (s.box.left, s.box.top))
    return ToolResult(tuple(Detection(s.box, s.confidence) for s in found))


def _exists(view: View, object_name: str) -> ToolResult:
    found = view.named(parse_name(object_name))
    return ToolResult(bool(found), found[0].confidence if found else None)


def _verify_property(view: View, object_name: str, property: str) -> ToolResult:
    name, color = parse_name(object_name), known_color(property.strip().lower())
    if color is None:
        raise OutsideVocabulary(f"{property!r} is no colour; of properties only colours are known")
    shares = [color_shares(view.picture, s.box) for s in view.named(name)]
    fitting = [share[color] for share in shares if max(share, key=share.__getitem__) == color]
    return ToolResult(bool(fitting), max(fitting, default=None))


def _simple_query(view: View, question: str) -> ToolResult:
    asked = " ".join(question.lower().split())
    if match := _WHAT_COLOR.match(asked):
        return ToolResult(*color_name(view.picture, _one(view, match["name"])))
    if _WHAT_IS_IT.match(asked):
        found = view.named(Name(None, None))
        if not found:
            raise CannotTell("the detector sees no object here")
        return ToolResult(found[0].name, found[0].confidence)
    raise CannotTell(f"these tools cannot answer {question!r}; ask what color or what object it is")


def _one(view: View, words: str | None) -> Box:
    """Return the surest object of this name, or the region if none is named."""
    if words is None:
        return view.region
    found = view.named(parse_name(words))
    if not found:
        raise CannotTell(f"the detector sees no {words!r} here")
    return found[0].box


def _best_text_match(view: View, options: Sequence[str]) -> ToolResult:
    colors = [known_color(option.strip().lower()) for option in options]
    if all(colors):
        shares = color_shares(view.picture, view.region)
        scores = [shares[color] for color in colors if color is not None]
    else:
        scores = [_surest(view, parse_name(option)) for option in options]
    best = max(range(len(scores)), key=scores.__getitem__, default=None)
    if best is None or scores[best] <= 0:
        raise CannotTell("none of these options is seen here")
    return ToolResult(options[best], scores[best])


def _surest(view: View, name: Name) -> float:
    found = view.named(name)
    return found[0].confidence if found else 0.0


_METHODS: dict[str, Method] = {
    "find": _find,
    "exists": _exists,
    "verify_property": _verify_property,
    "simple_query": _simple_query,
    "best_text_match": _best_text_match,
}
