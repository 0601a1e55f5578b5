"""Pictures of white tiles, tools that count them, and a store of questions about them."""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.limits import Limits
from vpd.execution.program import Program, canonical
from vpd.geometry import Box
from vpd.probing.ablation import TILES, deniable
from vpd.records import Candidate, Question
from vpd.store import ArtifactStore
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

SIDE = 24  # pixels; tiles of 6x6
TILE = SIDE // TILES
HOW_MANY = "How many tiles are there?"
IS_THERE = "Is there a tile?"


def tiled(white: Sequence[int]) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Return a black picture in which the tiles of these numbers are white."""
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    for number in white:
        top, left = TILE * (number // TILES), TILE * (number % TILES)
        pixels[top : top + TILE, left : left + TILE] = 255
    return pixels


def white_tiles(request: ToolRequest) -> list[Box]:
    corners = [(TILE * (n % TILES), TILE * (n // TILES)) for n in range(TILES * TILES)]
    boxes = [Box(left, top, left + TILE, top + TILE) for left, top in corners]
    white = [box for box in boxes if request.picture.crop(box).min() == 255]
    return [box for box in white if box.overlap(request.region)]


class TileTool:
    """Answers about white tiles; knows no frisbee, breaks over a vase; remembers what it was asked."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.card = ToolCard(IMAGE_PATCH[method].kind, f"tile-{method}@1")
        self.asked: list[ToolRequest] = []

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        self.asked.extend(batch)
        if any("vase" in request.args for request in batch):
            raise RuntimeError("a vase broke it")
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        if "frisbee" in request.args:
            return ToolFailure("vocabulary", "no frisbee is known")
        found = white_tiles(request)
        if self.method == "find":
            return ToolResult(tuple(Detection(box, 0.9) for box in found), 0.9)
        if self.method in ("exists", "verify_property"):
            return ToolResult(bool(found), 0.8)
        if self.method == "compute_depth":
            return ToolResult(float(len(found)))
        if self.method == "simple_query" and str(request.args[0]).startswith("Is"):
            return ToolResult("yes" if found else "no", 0.7)
        return ToolResult(str(len(found)), 0.7)


@pytest.fixture
def tools() -> ToolSet:
    """Tools that answer one request at a time, so that one that breaks breaks alone."""
    return ToolSet("tiles", {method: TileTool(method) for method in IMAGE_PATCH}, full_batch=1)


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    """An engine with deniable tools."""
    toolset = ToolSet("tiles", {method: TileTool(method) for method in IMAGE_PATCH}, full_batch=1)
    settings = EngineSettings(in_flight=2, limits=Limits(seconds=2.0, memory_bytes=32 * 2**20))
    with open_engine(deniable(toolset), settings) as opened:
        yield opened


@pytest.fixture
def tile_picture() -> Callable[..., Picture]:
    return lambda *white: Picture("a" * 64, tiled(white))


@dataclass
class Asking:
    """Makes questions about pictures that are stored, the candidates for them, and their programs."""

    store: ArtifactStore

    def image(self, *white: int) -> str:
        """Store a picture with these tiles; returns its id."""
        file = io.BytesIO()
        PillowImage.fromarray(tiled(white)).save(file, "PNG")
        return self.store.put_blob(file.getvalue())

    def question(self, name: str, *white: int, text: str = HOW_MANY, **changes: Any) -> Question:
        """Return a question about a picture with these tiles, labelled with what is true of it."""
        true = str(len(white)) if text == HOW_MANY else "yes" if white else "no"
        given: dict[str, Any] = {
            "image_id": self.image(*white),
            "answers": (true,),
            "choices": (),
            "family": "count",
            "split": "train",
            "held_out_text": False,
            "source": "tiles",
        }
        return Question(question_id=name, text=text, **{**given, **changes})

    def candidate(self, source: str, index: int = 0, text: str = HOW_MANY, **changes: Any) -> Candidate:
        """Return a candidate, its program in canonical form."""
        program = canonical(source)
        assert isinstance(program, Program)
        given: dict[str, Any] = {
            "candidate_id": f"{text}-{index}",
            "question_text": text,
            "choices": (),
            "sample_index": index,
            "round": "first",
            "program_id": program.program_id,
            "call_graph": None,
            "source": program.source,
            "problem": None,
            "prompt_sha256": "",
            "request_key": "",
            "model": "fake",
            "origin": "record",
            "temperature": 0.5,
            "logprob": None,
            "completion_tokens": 1,
            "prompt_tokens": 0,
            "cached_tokens": 0,
            "cost": None,
        }
        return Candidate(**{**given, **changes})


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(ArtifactStore.open(str(tmp_path / "store")))
