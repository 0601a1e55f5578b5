"""What the engine costs beside the tools: items a second through it, over the bare tools in a loop.

`vpd bench tools --json` prints it. Every backend answers the same distinct requests in each of three turns:
asked by programs in the sandbox, and in full batches with nothing around them, by fresh tools that are loaded
already. `ratio` is the first over the second, as the least, median and greatest of the turns. Decoding a
picture and cutting a region out of it are timed apart. The models by id have random weights, of a size that a
CPU can run (`benchmarks._models`): their speed means nothing, only the ratio does.
"""

import io
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from PIL import Image
from transformers.utils.logging import disable_progress_bar

from benchmarks._chat_stub import chat_stub
from benchmarks._measure import run_engine, run_floor
from benchmarks._models import small_model
from benchmarks._pictures import photographs, scenes
from vpd.datasets.scenes.world import FULL
from vpd.errors import ModelFileError
from vpd.execution.engine import EngineSettings
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.settings import Settings
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import open_endpoint_tools
from vpd.tools.protocol import Picture, ToolRequest, ToolSet
from vpd.tools.toolset import find_toolset

TURNS = 3
CUTS = (0, 1, 2, 3)
PROGRAM = """
def execute_command(image):
    patch = ImagePatch(image)
    seen = []
    for cut in {cuts}:
        part = patch.crop(cut * patch.width / 8, 0, (cut + 5) * patch.width / 8, patch.height)
        seen.append(str(part.{call}))
    return "; ".join(seen)
"""


@dataclass(frozen=True)
class Backend:
    """A tool of a set, how a program calls it, and on how many pictures. `look` pays once a picture."""

    tools: str
    call: str
    pictures: int
    look: bool = False


BACKENDS = {
    "OpenCV": Backend("scenes", 'find("red cube")', 160, look=True),
    "NanoDet": Backend("photos", 'find("person")', 40),
    "EfficientNet-Lite2": Backend("photos", 'simple_query("What is it?")', 24),
    "PP-OCR": Backend("photos", "read_text()", 8),
    "OWLv2": Backend("detector=owlv2", 'find("person")', 60),
    "RT-DETR": Backend("detector=rt_detr", 'find("person")', 16),
    "SigLIP": Backend("image_text=siglip", 'best_text_match(["a dog", "a cat"])', 24),
    "Depth Anything": Backend("depth=depth_anything", "compute_depth()", 96, look=True),
    "PaliGemma": Backend("questions=paligemma", 'simple_query("What is it?")', 60),
    "endpoint": Backend("endpoint", 'simple_query("What is it?")', 40),
}


def run(turns: int = TURNS) -> dict[str, Any]:
    """Measure every backend; one whose model files are missing says so."""
    figures: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0]}
    figures["pictures"] = _apart([picture for _, picture in photographs()])
    disable_progress_bar()
    with tempfile.TemporaryDirectory() as folder, chat_stub() as url:
        for name, backend in BACKENDS.items():
            try:
                figures[name] = _measured(backend, Path(folder), url, turns)
            except ModelFileError as error:
                figures[name] = {"left_out": str(error)}
    return figures


def _apart(pictures: Sequence[Picture]) -> dict[str, float]:
    """Return milliseconds to decode a photograph from PNG, and to cut a quarter of it out as an array."""
    files = [io.BytesIO() for _ in pictures]
    for picture, file in zip(pictures, files, strict=True):
        Image.fromarray(picture.pixels).save(file, "PNG")
    started = time.perf_counter()
    for file in files:
        np.asarray(Image.open(io.BytesIO(file.getvalue())).convert("RGB"))
    decoded = time.perf_counter()
    for picture in pictures:
        picture.crop(Box(0, 0, picture.width / 2, picture.height / 2)).copy()
    cut = time.perf_counter()
    count = len(pictures) / 1000
    return {"decode_ms": (decoded - started) / count, "crop_ms": (cut - decoded) / count}


def _measured(backend: Backend, folder: Path, url: str, turns: int) -> dict[str, Any]:
    opening = _opener(backend.tools, folder, url)
    toolset = opening()
    source = PROGRAM.format(cuts=CUTS[:1] if backend.look else CUTS, call=backend.call)
    jobs = [Job(source, picture, number) for number, picture in enumerate(_pictures(backend.pictures))]
    engine: list[float] = []
    bare: list[float] = []
    for _ in range(turns):
        asked = run_engine(jobs, _warm(opening, backend), EngineSettings(in_flight=64))
        items = sum(map(len, asked.asked.values()))
        engine.append(items / asked.seconds)
        bare.append(items / run_floor(asked.asked, _warm(opening, backend), toolset.full_batch).seconds)
    ratios = [through / alone for through, alone in zip(engine, bare, strict=True)]
    return {
        "items": items,
        "batch": toolset.full_batch,
        "mean_batch": items / asked.done.batches,
        "through_engine_per_second": _spread(engine),
        "bare_per_second": _spread(bare),
        "ratio": _spread(ratios),
    }


def _pictures(count: int) -> list[Picture]:
    photos = [picture for _, picture in photographs()]
    return [*photos[:count], *(picture for _, picture in islice(scenes(FULL), max(0, count - len(photos))))]


def _warm(opening: Callable[[], ToolSet], backend: Backend) -> ToolSet:
    """Open fresh tools and have them load what they load at first use, on a picture that is not measured."""
    toolset = opening()
    method, _, rest = backend.call.partition("(")
    args = eval(f"({rest[:-1]},)") if rest != ")" else ()
    args = tuple(tuple(arg) if isinstance(arg, list) else arg for arg in args)
    noise = np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8)
    toolset.tools[method].run([ToolRequest(Picture("warm", noise), Box(0, 0, 64, 64), args)])
    return toolset


def _opener(tools: str, folder: Path, url: str) -> Callable[[], ToolSet]:
    section, _, kind = tools.partition("=")
    if tools == "endpoint":
        return partial(_endpoint, folder, url)
    if not kind:
        return find_toolset(tools).open
    file = folder / f"{section}.toml"
    file.write_text(f'batch = 16\n[{section}]\nmodel = "{small_model(kind, folder)}"\n')
    return find_toolset(str(file)).open


def _endpoint(folder: Path, url: str) -> ToolSet:
    """Open tools behind the stand-in, with a home of their own: answers are kept there."""
    settings = Settings(home=Path(tempfile.mkdtemp(dir=folder)))
    return ToolSet("endpoint", open_endpoint_tools(EndpointSection(url=url, model="stub"), settings), 16)


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}
