"""Tools that see what an everyday scene holds. For tests and for measuring, never for a pipeline's rows.

They take the words that the tools for photographs take and refuse what those refuse (`vpd.tools.photos`): a
program that fails with these is itself wrong. What a model would be unsure of, these know.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from vpd.datasets.everyday.knowledge import know
from vpd.datasets.everyday.world import HEIGHT, WIDTH, EverydayScene, Thing
from vpd.errors import ToolError
from vpd.geometry import Box
from vpd.tools.coco import NAMES
from vpd.tools.colors import known_color
from vpd.tools.methods import IMAGE_PATCH, Plain
from vpd.tools.photos.imagenet import numbers_of
from vpd.tools.photos.names import Name, OutsideVocabulary, detectable, parse_name
from vpd.tools.photos.questions import Question, UnclearQuestion, read_question
from vpd.tools.photos.view import OWN_PATCH, CannotTell
from vpd.tools.protocol import (
    Detection,
    Picture,
    Tool,
    ToolCard,
    ToolFailure,
    ToolRequest,
    ToolResult,
    ToolSet,
    tool_version,
)

SEEN = 0.15  # least share of a thing inside a region that shows it
Value = Plain | tuple[Detection, ...]
_BLANK = np.zeros((HEIGHT, WIDTH, 3), np.uint8)


@dataclass(frozen=True)
class Look:
    """A region of a scene."""

    scene: EverydayScene
    region: Box

    @property
    def things(self) -> list[Thing]:
        """The things that the region shows, the largest first, before them the one whose patch it is."""
        shown = [t for t in self.scene.things if t.box.overlap(self.region) >= SEEN * t.box.area]
        return sorted(shown, key=lambda t: (t.box.iou(self.region) < OWN_PATCH, -t.box.area))

    def named(self, name: Name) -> list[Thing]:
        """Return the shown things of this name."""
        return [t for t in self.things if name.color in (None, t.color) and _is_a(t, name)]

    def one(self, words: str | None) -> Thing:
        """Return the thing that the region is about, of this name if there is one. Raises CannotTell."""
        found = self.things if words is None else self.named(parse_name(words))
        if not found:
            raise CannotTell(f"there is no {words or 'thing'!r} here")
        return found[0]


class EverydayTool:
    """One method over everyday scenes, by the picture's image id."""

    def __init__(self, name: str, scenes: Mapping[str, EverydayScene]) -> None:
        self.card = ToolCard(
            kind=IMAGE_PATCH[name].kind,
            version=tool_version(f"everyday-{name}", code=1),
            vocabulary=NAMES if name == "find" else None,
        )
        self._scenes = scenes
        self._answer_to = _METHODS[name]

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer every request; raises ToolError for a picture without a scene."""
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        scene = self._scenes.get(request.picture.image_id)
        if scene is None:
            raise ToolError(
                f"there is no everyday scene for picture {request.picture.image_id}; give it to the tools"
            )
        try:
            return ToolResult(self._answer_to(Look(scene, request.region), *request.args))
        except OutsideVocabulary as error:
            return ToolFailure("vocabulary", str(error))
        except (CannotTell, UnclearQuestion) as error:
            return ToolFailure("argument", str(error))


def everyday_toolset(scenes: Mapping[str, EverydayScene]) -> ToolSet:
    """Return exact tools, with the methods of the tool set `photos`, for pictures by image id."""
    tools: dict[str, Tool] = {name: EverydayTool(name, scenes) for name in _METHODS}
    return ToolSet("everyday", tools, full_batch=1)


def _is_a(thing: Thing, name: Name) -> bool:
    """Tell whether a thing has a name; one that only the classifier knows is known by its classes."""
    if name.detected is None or thing.name in name.detected:
        return True
    classes = numbers_of(thing.name)
    return thing.name not in NAMES and bool(classes) and classes <= name.labels


def _find(look: Look, object_name: str) -> Value:
    found = sorted(look.named(detectable(object_name)), key=lambda t: (t.box.left, t.box.top))
    return tuple(Detection(_inside(t.box, look.region), 1.0) for t in found)


def _exists(look: Look, object_name: str) -> Value:
    return bool(look.named(parse_name(object_name)))


def _verify_property(look: Look, object_name: str, property: str) -> Value:
    found, color = look.named(parse_name(object_name)), known_color(property.strip().lower())
    if color is None:
        wanted = parse_name(property)
        return bool(found) and any(_is_a(t, wanted) for t in found)
    own = [t for t in found if t.box.iou(look.region) >= OWN_PATCH]
    return any(t.color == color for t in own or found)


def _best_text_match(look: Look, options: Sequence[str]) -> Value:
    colors = [known_color(option.strip().lower()) for option in options]
    if all(colors):
        return _option(options, [color == look.one(None).color for color in colors])
    names = [parse_name(option) for option in options]
    for thing in look.things:
        fits = [_is_a(thing, name) and name.color in (None, thing.color) for name in names]
        if any(fits):
            return _option(options, fits)
    return _option(options, [])


def _option(options: Sequence[str], fits: Sequence[bool]) -> str:
    if True not in fits:
        raise CannotTell("none of these options is seen here")
    return options[list(fits).index(True)]


def _read_text(look: Look) -> Value:
    written = sorted((t for t in look.things if t.text), key=lambda t: (t.box.top, t.box.left))
    return " ".join(t.text for t in written)


def _simple_query(look: Look, question: str) -> Value:
    asked = read_question(question)
    return _ANSWERS[asked.asks](look, asked)


def _count(look: Look, asked: Question) -> Value:
    return str(len(look.named(detectable(asked.name or ""))))


def _is(look: Look, asked: Question) -> Value:
    if asked.name is not None:
        return _yes_no(_verify_property(look, asked.name, asked.value))
    color = known_color(asked.value)
    return _yes_no(_exists(look, asked.value) if color is None else look.one(None).color == color)


def _choice(look: Look, asked: Question) -> Value:
    region = look.region if asked.name is None else look.one(asked.name).box
    return _best_text_match(Look(look.scene, region), asked.options)


def _yes_no(value: Value) -> str:
    return "yes" if value else "no"


def _inside(box: Box, region: Box) -> Box:
    return Box(
        max(box.left, region.left),
        max(box.top, region.top),
        min(box.right, region.right),
        min(box.bottom, region.bottom),
    )


_ANSWERS: Mapping[str, Callable[[Look, Question], Value]] = {
    "color": lambda look, asked: look.one(asked.name).color,
    "what": lambda look, asked: look.one(asked.name).name,
    "count": _count,
    "there": lambda look, asked: _yes_no(_exists(look, asked.name or "")),
    "is": _is,
    "choice": _choice,
    "read": lambda look, _: _read_text(look),
}
_METHODS: Mapping[str, Callable[..., Value]] = {
    "find": _find,
    "exists": _exists,
    "verify_property": _verify_property,
    "simple_query": _simple_query,
    "best_text_match": _best_text_match,
    "read_text": _read_text,
    "llm_query": lambda _, question: know(question),
}


def blank_picture(image_id: str) -> Picture:
    """Return a picture of the scenes' size for the engine; nothing looks at its pixels."""
    return Picture(image_id, _BLANK)
