"""How well the scenes tools see: against ground truth, on scenes that nothing else uses.

Part of `vpd bench scenes`. Names are asked through the tool set as programs ask; boxes count as found
at an intersection over union of 0.5, one to one. The baseline names every one-coloured region a cube of its
bounding box, so the difference is what fitting solids brings. Milliseconds are CPU time of this process.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import combinations, product
from typing import Any

import cv2
import numpy as np

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import Level, Scene, SceneObject
from vpd.geometry import Box
from vpd.tools.names import Traits
from vpd.tools.opencv.explain import bounds
from vpd.tools.opencv.observer import PixelObserver
from vpd.tools.opencv.segment import GRAY, HUES, segment
from vpd.tools.protocol import Picture, ToolRequest, ToolResult, ToolSet
from vpd.tools.scene_methods import Observer, Remembering, Sighting, scene_tools

SCENES = 300
FIRST_SEED = 7_000_000
ASKED = {"color": "What color is it?", "shape": "What shape is it?", "size": "What size is it?"}


class RegionObserver:
    """The baseline: one object per one-coloured region, all of them small rubber cubes."""

    version = "regions"

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the regions as objects; the lower one ends, the nearer it is."""
        regions = segment(picture.pixels)
        colors = [(*HUES, "gray")[hue if hue != GRAY else len(HUES)] for hue in regions.hues]
        boxes = [bounds(regions.labels == n) for n in range(1, len(colors) + 1)]
        return tuple(
            Sighting(Traits("cube", color, "small", "rubber"), box, -box.bottom, 1.0)
            for color, box in zip(colors, boxes, strict=True)
        )


def seeing(level: Level) -> dict[str, Any]:
    """Measure one level; returns shares from 0 to 1 and milliseconds."""
    cases = [_case(level, FIRST_SEED + i) for i in range(SCENES)]
    cold = _milliseconds(cases)
    figures = _figures(level, cases, PixelObserver())
    baseline = _figures(level, cases, RegionObserver())
    speed = {"ms_per_picture": _milliseconds(cases), "ms_per_picture_first_time": cold}
    return {"scenes": len(cases), **figures, **speed, "baseline": baseline}


def _case(level: Level, seed: int) -> tuple[Scene, Picture]:
    scene, png = generate_scene(level, seed)
    pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)
    return scene, Picture(f"{level.name}-{seed}", np.asarray(pixels, np.uint8))


def _milliseconds(cases: Sequence[tuple[Scene, Picture]]) -> float:
    observer = PixelObserver()
    start = time.process_time()
    for _, picture in cases:
        observer.look(picture)
    return 1000 * (time.process_time() - start) / len(cases)


def _figures(level: Level, cases: Sequence[tuple[Scene, Picture]], observer: Observer) -> dict[str, Any]:
    tools = ToolSet("bench", scene_tools(Remembering(observer, pictures=len(cases))))
    pairs = [f"{c} {s}" for c, s in product(level.colors, level.shapes)]
    return {
        "find object": _find(tools, cases, ["object"]),
        "find color": _find(tools, cases, [f"{c} object" for c in level.colors]),
        "find shape": _find(tools, cases, level.shapes),
        "find color shape": _find(tools, cases, pairs),
        "find color shape, half visible": _find(tools, cases, pairs, visible=0.5),
        "exists color shape": _exists(tools, cases, pairs),
        "attributes": _attributes(tools, level, cases),
        "depth order": _depth_order(tools, cases),
    }


def _ask(tools: ToolSet, method: str, picture: Picture, region: Box, *args: str) -> Any:
    (result,) = tools.tools[method].run([ToolRequest(picture, region, args)])
    assert isinstance(result, ToolResult), result
    return result.value


def _whole(picture: Picture) -> Box:
    return Box(0, 0, picture.width, picture.height)


def _find(
    tools: ToolSet, cases: Sequence[tuple[Scene, Picture]], names: Sequence[str], visible: float = 0.0
) -> dict[str, float]:
    """Objects less visible than asked for count neither as missed nor as wrongly found."""
    count: Counter[str] = Counter()
    for (scene, picture), name in product(cases, names):
        found = [d.box for d in _ask(tools, "find", picture, _whole(picture), name)]
        for o in _named(scene, name):
            box = max(found, key=o.box.iou, default=None)
            hit = box is not None and box.iou(o.box) >= 0.5
            if hit:
                found.remove(box)
            if o.visible >= visible:
                count["right" if hit else "missed"] += 1
        count["wrong"] += len(found)
    precision = count["right"] / max(count["right"] + count["wrong"], 1)
    recall = count["right"] / max(count["right"] + count["missed"], 1)
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / max(precision + recall, 1e-9),
    }


def _named(scene: Scene, name: str) -> list[SceneObject]:
    words = set(name.split()) - {"object"}
    return [o for o in scene.objects if words <= {o.shape, o.color}]


def _exists(tools: ToolSet, cases: Sequence[tuple[Scene, Picture]], names: Sequence[str]) -> float:
    """Mean of the accuracies on names that are there and names that are not."""
    right: dict[bool, list[bool]] = {True: [], False: []}
    for (scene, picture), name in product(cases, names):
        there = bool(_named(scene, name))
        right[there].append(_ask(tools, "exists", picture, _whole(picture), name) is there)
    return float(np.mean([np.mean(right[True]), np.mean(right[False])]))


def _attributes(tools: ToolSet, level: Level, cases: Sequence[tuple[Scene, Picture]]) -> dict[str, float]:
    """Accuracy of `simple_query` on the patch of every object that was found, whatever its name."""
    asked = ASKED | ({"material": "What is it made of?"} if level.materials else {})
    right: dict[str, list[bool]] = {attribute: [] for attribute in asked}
    for picture, o, patch in _patches(tools, cases):
        for attribute, question in asked.items():
            answer = _ask(tools, "simple_query", picture, patch, question)
            right[attribute].append(answer == getattr(o, attribute))
    return {attribute: float(np.mean(values)) for attribute, values in right.items()}


def _depth_order(tools: ToolSet, cases: Sequence[tuple[Scene, Picture]]) -> float:
    right: list[bool] = []
    for case in cases:
        depths = [
            (o.depth, _ask(tools, "compute_depth", p, patch)) for p, o, patch in _patches(tools, [case])
        ]
        right += [(a < b) == (x < y) for (a, x), (b, y) in combinations(depths, 2)]
    return float(np.mean(right))


def _patches(
    tools: ToolSet, cases: Sequence[tuple[Scene, Picture]]
) -> Iterator[tuple[Picture, SceneObject, Box]]:
    """Every object with the patch that `find("object")` gives for it."""
    for scene, picture in cases:
        found = [d.box for d in _ask(tools, "find", picture, _whole(picture), "object")]
        for o in scene.objects:
            box = max(found, key=o.box.iou, default=None)
            if box is not None and box.iou(o.box) >= 0.5:
                yield picture, o, box
