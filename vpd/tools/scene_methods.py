"""The `ImagePatch` methods for scenes, answered from a list of the objects that an observer saw.

The observer is the only difference between the real tools (`vpd.tools.opencv`, pixels) and the oracle
(`vpd.tools.oracle`, ground truth). A region holds the objects whose centre lies in it; it is about the one
whose box it matches best.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

from vpd.datasets.scenes.camera import camera_for
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.names import Traits, UnknownWordError, known_words, parse_name
from vpd.tools.protocol import Detection, Picture, Tool, ToolCard, ToolFailure, ToolRequest, ToolResult
from vpd.tools.questions import UnclearQuestionError, answer, best_option

ONE_OBJECT = 0.5  # a region that overlaps a box this much is the patch of that object


@dataclass(frozen=True)
class Sighting:
    """An object as seen: its traits, its box in pixels, its distance in world units, confidence 0 to 1."""

    traits: Traits
    box: Box
    depth: float
    confidence: float


class Observer(Protocol):
    """Sees the objects of a picture. Answers depend on the picture and `version` only."""

    version: str

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the objects of the whole picture."""
        ...


class Remembering:
    """An observer that keeps what it saw in the last pictures, so that a picture is looked at once."""

    def __init__(self, observer: Observer, pictures: int = 1024) -> None:
        self.version = observer.version
        self._observer = observer
        self._pictures = pictures
        self._seen: OrderedDict[str, tuple[Sighting, ...]] = OrderedDict()
        self._lock = Lock()

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the objects of the whole picture."""
        with self._lock:
            if picture.image_id in self._seen:
                self._seen.move_to_end(picture.image_id)
                return self._seen[picture.image_id]
        seen = self._observer.look(picture)
        with self._lock:
            self._seen[picture.image_id] = seen
            if len(self._seen) > self._pictures:
                self._seen.popitem(last=False)
        return seen


@dataclass(frozen=True)
class View:
    """A region with the objects in it, the one it is about first."""

    picture: Picture
    region: Box
    objects: tuple[Sighting, ...]

    @property
    def one(self) -> Sighting | None:
        """The object whose patch the region is, if it is one's."""
        if self.objects and self.objects[0].box.iou(self.region) >= ONE_OBJECT:
            return self.objects[0]
        return None


Method = Callable[..., ToolResult | ToolFailure]


class SceneTool:
    """One method over what an observer sees."""

    def __init__(self, observer: Observer, kind: str, method: Method) -> None:
        self.card = ToolCard(kind, observer.version, tuple(sorted(known_words())))
        self._observer = observer
        self._method = method

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer every request on its own."""
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        try:
            return self._method(view(request, self._observer.look(request.picture)), *request.args)
        except UnknownWordError as error:
            return ToolFailure("vocabulary", str(error))
        except UnclearQuestionError as error:
            return ToolFailure("argument", str(error))


def scene_tools(observer: Observer) -> Mapping[str, Tool]:
    """Return the tools by method name."""
    return {name: SceneTool(observer, IMAGE_PATCH[name].kind, method) for name, method in _METHODS.items()}


def view(request: ToolRequest, seen: Sequence[Sighting]) -> View:
    """Return the request's region with the objects whose centre lies in it."""
    region = request.region
    inside = [s for s in seen if _holds(region, s.box)]
    inside.sort(key=lambda s: (-s.box.iou(region), s.box.left))
    return View(request.picture, region, tuple(inside))


def _holds(region: Box, box: Box) -> bool:
    x, y = box.center
    return region.left <= x <= region.right and region.top <= y <= region.bottom


def _find(view: View, object_name: str) -> ToolResult:
    name = parse_name(object_name)
    found = sorted((s for s in view.objects if name.fits(s.traits)), key=lambda s: (s.box.left, s.box.top))
    return ToolResult(tuple(Detection(s.box, s.confidence) for s in found))


def _exists(view: View, object_name: str) -> ToolResult:
    name = parse_name(object_name)
    found = [s.confidence for s in view.objects if name.fits(s.traits)]
    return ToolResult(bool(found), max(found, default=None))


def _verify_property(view: View, object_name: str, property: str) -> ToolResult:
    name, wanted = parse_name(object_name), parse_name(property)
    objects = (view.one,) if view.one else view.objects
    named = [s for s in objects if name.fits(s.traits)]
    fitting = [s.confidence for s in named if wanted.fits(s.traits)]
    return ToolResult(bool(fitting), max(fitting or [s.confidence for s in named], default=None))


def _simple_query(view: View, question: str) -> ToolResult:
    confidence = view.objects[0].confidence if view.objects else None
    return ToolResult(answer(question, [s.traits for s in view.objects]), confidence)


def _best_text_match(view: View, options: Sequence[str]) -> ToolResult:
    if not view.objects:
        raise UnclearQuestionError("there is no object in this patch to describe")
    return ToolResult(best_option(options, view.objects[0].traits), view.objects[0].confidence)


def _compute_depth(view: View) -> ToolResult:
    if view.objects:
        return ToolResult(view.objects[0].depth, view.objects[0].confidence)
    camera = camera_for(view.picture.width, view.picture.height)
    ground = camera.ground_point(view.region.center[0], view.region.bottom)
    return ToolResult(camera.distance(*ground))


_METHODS: dict[str, Method] = {
    "find": _find,
    "exists": _exists,
    "verify_property": _verify_property,
    "simple_query": _simple_query,
    "best_text_match": _best_text_match,
    "compute_depth": _compute_depth,
}
