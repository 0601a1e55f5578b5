"""The `ImagePatch` methods for photographs, answered from what the models see in a region.

`find` knows the detector's 80 names; the methods that tell about a region know the classifier's names, too.
Of adjectives only colours are understood. What the models cannot tell is a typed failure, never a guess.
There is no depth: no pixel-only rule for it would be honest.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

from vpd.geometry import Box
from vpd.tools.coco import NAMES
from vpd.tools.colors import color_name, color_shares, known_color
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.photos.imagenet import LABELS
from vpd.tools.photos.names import OutsideVocabulary, detectable, parse_name
from vpd.tools.photos.questions import Question, UnclearQuestion, read_question
from vpd.tools.photos.seeing import Eyes
from vpd.tools.photos.view import THRESHOLDS, CannotTell, View
from vpd.tools.protocol import Detection, Tool, ToolCard, ToolFailure, ToolRequest, ToolResult, tool_version

CODE_VERSION = 3  # raise it with every change in this folder or in vpd.tools.colors that can change an answer
LEAST_LIKENESS = 0.1  # of the best option, or none of them is there
_LABEL_NAMES = tuple(sorted({n.lower() for x in LABELS for n in (*x.names, x.everyday, *x.kinds)} - {*NAMES}))


class PhotoTool:
    """One method over what the models see."""

    def __init__(self, name: str, method: "PhotoMethod", eyes: Eyes, threads: ThreadPoolExecutor) -> None:
        models = [getattr(eyes, model) for model in method.models]
        self.card = ToolCard(
            kind=IMAGE_PATCH[name].kind,
            version=tool_version(
                f"photos-{name}",
                models="+".join(model.version for model in models),
                least=(*THRESHOLDS, LEAST_LIKENESS),
                code=CODE_VERSION,
            ),
            vocabulary=method.vocabulary,
            memory_bytes=sum(model.memory_bytes for model in models),
        )
        self._answer_to = method.answer
        self._eyes = eyes
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
            return self._answer_to(View(request.picture, request.region, self._eyes), *request.args)
        except OutsideVocabulary as error:
            return ToolFailure("vocabulary", str(error))
        except (CannotTell, UnclearQuestion) as error:
            return ToolFailure("argument", str(error))


def photo_tools(eyes: Eyes, threads: int | None = None) -> Mapping[str, Tool]:
    """Return the tools by method name; they look at as many regions at once as there are threads (cores)."""
    shared = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="vpd-photos")
    return {name: PhotoTool(name, method, eyes, shared) for name, method in _METHODS.items()}


def _find(view: View, object_name: str) -> ToolResult:
    found = sorted(view.detected(detectable(object_name)), key=lambda s: (s.box.left, s.box.top))
    return ToolResult(tuple(Detection(s.box, s.confidence) for s in found))


def _exists(view: View, object_name: str) -> ToolResult:
    return ToolResult(*view.exists(parse_name(object_name)))


def _verify_property(view: View, object_name: str, property: str) -> ToolResult:
    name, color = parse_name(object_name), known_color(property.strip().lower())
    if color is None:
        wanted = parse_name(property)
        there, confidence = view.exists(name)
        return ToolResult(*view.exists(wanted)) if there else ToolResult(False, confidence)
    return _is_colored(view, [s.box for s in view.named(name)], color)


def _is_colored(view: View, boxes: Sequence[Box], color: str) -> ToolResult:
    shares = [color_shares(view.picture, box) for box in boxes]
    fitting = [share[color] for share in shares if max(share, key=share.__getitem__) == color]
    return ToolResult(bool(fitting), max(fitting, default=None))


def _best_text_match(view: View, options: Sequence[str]) -> ToolResult:
    colors = [known_color(option.strip().lower()) for option in options]
    if all(colors):
        shares = color_shares(view.picture, view.region)
        scores = [shares[color] for color in colors if color is not None]
    else:
        scores = [view.likeness(name) for name in [parse_name(option) for option in options]]
    best = max(range(len(scores)), key=scores.__getitem__, default=None)
    if best is None or scores[best] < LEAST_LIKENESS:
        raise CannotTell("none of these options is seen here")
    return ToolResult(options[best], scores[best])


def _read_text(view: View) -> ToolResult:
    lines = view.eyes.reader.look(view.picture, view.region)
    return ToolResult(
        " ".join(line.text for line in lines), min((li.confidence for li in lines), default=None)
    )


def _simple_query(view: View, question: str) -> ToolResult:
    asked = read_question(question)
    return _ANSWERS[asked.asks](view, asked)


def _color(view: View, asked: Question) -> ToolResult:
    return ToolResult(*color_name(view.picture, _one(view, asked.name).region))


def _what(view: View, asked: Question) -> ToolResult:
    return ToolResult(*(view.what() if asked.name is None else view.kind_of(parse_name(asked.name))))


def _count(view: View, asked: Question) -> ToolResult:
    return ToolResult(str(len(view.detected(detectable(asked.name or "")))))


def _there(view: View, asked: Question) -> ToolResult:
    return _yes_no(_exists(view, asked.name or ""))


def _is(view: View, asked: Question) -> ToolResult:
    if asked.name is not None:
        return _yes_no(_verify_property(view, asked.name, asked.value))
    color = known_color(asked.value)
    if color is not None:
        return _yes_no(_is_colored(view, [view.region], color))
    return _yes_no(_exists(view, asked.value))


def _choice(view: View, asked: Question) -> ToolResult:
    return _best_text_match(_one(view, asked.name), asked.options)


def _read(view: View, _asked: Question) -> ToolResult:
    return _read_text(view)


def _one(view: View, words: str | None) -> View:
    """Return the view of the surest thing of this name, or the view itself if none is named."""
    if words is None:
        return view
    found = view.named(parse_name(words))
    if not found:
        raise CannotTell(f"the models see no {words!r} here")
    return view.at(found[0].box)


def _yes_no(result: ToolResult) -> ToolResult:
    return ToolResult("yes" if result.value else "no", result.confidence)


_ANSWERS: Mapping[str, Callable[[View, Question], ToolResult]] = {
    "color": _color,
    "what": _what,
    "count": _count,
    "there": _there,
    "is": _is,
    "choice": _choice,
    "read": _read,
}


@dataclass(frozen=True)
class PhotoMethod:
    """How a method is answered, the models (of Eyes) that it looks with, the names that it knows."""

    answer: Callable[..., ToolResult]
    models: tuple[str, ...]
    vocabulary: tuple[str, ...] | None = None


_METHODS: Mapping[str, PhotoMethod] = {
    "find": PhotoMethod(_find, ("detector",), NAMES),
    "exists": PhotoMethod(_exists, ("detector", "classifier"), NAMES + _LABEL_NAMES),
    "verify_property": PhotoMethod(_verify_property, ("detector", "classifier")),
    "simple_query": PhotoMethod(_simple_query, ("detector", "classifier", "reader")),
    "best_text_match": PhotoMethod(_best_text_match, ("detector", "classifier")),
    "read_text": PhotoMethod(_read_text, ("reader",)),
}
