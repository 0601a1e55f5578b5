"""Runs to look at: real programs in the real engine, with tools that answer from a table."""

import io
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.limits import Limits
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.stage import execute_programs
from vpd.execution.trace import Run
from vpd.geometry import Box
from vpd.inspect.view import TraceView
from vpd.records import IMAGES, PROBES, PROGRAMS, QUESTIONS, Candidate, Image, Question
from vpd.store import ArtifactStore
from vpd.tools.methods import IMAGE_PATCH, Plain
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

BOXES = {
    "cube": (Box(8, 8, 28, 40), Box(60, 20, 90, 60), Box(100, 64, 120, 90)),
    "ball": (Box(40, 40, 50, 50),),
}
ANSWERS: dict[str, Plain] = {"exists": True, "best_text_match": "red", "compute_depth": 12.5}


class TableTool:
    """Knows three cubes and a ball; the first cube is red; repeats questions; knows no frisbee."""

    def __init__(self, method: str) -> None:
        self.method = method
        self.card = ToolCard(IMAGE_PATCH[method].kind, f"table-{method}@1")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult | ToolFailure:
        if "frisbee" in request.args:
            return ToolFailure("vocabulary", "no frisbee is known")
        if self.method == "find":
            boxes = [b for b in BOXES.get(str(request.args[0]), ()) if b.overlap(request.region)]
            return ToolResult(tuple(Detection(box, 0.9) for box in boxes), 0.9)
        if self.method == "verify_property":
            return ToolResult(request.region == BOXES["cube"][0], 0.8)
        return ToolResult(ANSWERS.get(self.method, request.args[0] if request.args else None), 0.7)


@pytest.fixture(scope="session")
def picture() -> Picture:
    return Picture("a" * 64, np.full((96, 128, 3), 200, np.uint8))


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    toolset = ToolSet("table", {method: TableTool(method) for method in IMAGE_PATCH})
    limits = Limits(seconds=0.5, memory_bytes=32 * 2**20, events=1000)
    with open_engine(toolset, EngineSettings(in_flight=2, limits=limits)) as opened:
        yield opened


@pytest.fixture(scope="session")
def run_program(engine: Engine, picture: Picture) -> Callable[[str], Run]:
    def run(source: str) -> Run:
        [(_, done)] = engine.run([Job(source, picture)])
        return done

    return run


@pytest.fixture(scope="session")
def picture_file() -> bytes:
    buffer = io.BytesIO()
    PillowImage.new("RGB", (128, 96), (200, 200, 200)).save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def view_of(run_program: Callable[[str], Run], picture_file: bytes) -> Callable[..., TraceView]:
    """Run a program and view it; keyword arguments are fields of the view."""

    def view(source: str, **fields: Any) -> TraceView:
        program = canonical(source)
        text = program.source if isinstance(program, Program) else source
        given = {"picture": picture_file, "image_ref": "a.png", "tools_version": "t@1", "isolation": "vm"}
        return TraceView(run_program(source), text, **{**given, **fields})

    return view


@dataclass
class Element:
    """An element of a page: its tag, attributes, children and the text directly in it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return self.attributes.get("class", "").split()

    @property
    def text(self) -> str:
        return "".join(self.words)

    def every(self, tag: str = "", name: str = "") -> list["Element"]:
        """All elements within this one of a tag and class."""
        found = [
            child for child in self.children if tag in ("", child.tag) and (not name or name in child.classes)
        ]
        return found + [deeper for child in self.children for deeper in child.every(tag, name)]

    def one(self, tag: str = "", name: str = "") -> "Element":
        [found] = self.every(tag, name)
        return found


class _Builder(HTMLParser):
    _EMPTY = ("meta", "use", "rect", "image", "br")

    def __init__(self) -> None:
        super().__init__()
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self.open[-1].children.append(element)
        if tag not in self._EMPTY:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self._EMPTY:
            assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.words.append(data)


@pytest.fixture(scope="session")
def parse() -> Callable[[str], Element]:
    """Read a page; every element must be closed where it was opened."""

    def read(html: str) -> Element:
        builder = _Builder()
        builder.feed(html)
        builder.close()
        [root] = builder.open
        return root

    return read


_TAGS = frozenset(
    re.findall(
        r"\w+",
        "html head meta title style body div header main section nav h1 h2 h3 p span b i strong code a "
        "ul ol li dl dt dd svg defs image use g rect text meter",
    )
)


@pytest.fixture(scope="session")
def assert_harmless(parse: Callable[[str], Element]) -> Callable[[str], Element]:
    """Assert that nothing on a page loads or runs, and return it."""

    def check(html: str) -> Element:
        page = parse(html)
        for element in page.every():
            assert element.tag in _TAGS, element.tag
            for name, value in element.attributes.items():
                assert not name.startswith("on"), name
                if name in ("href", "src"):
                    assert value.startswith(("#", "data:image/png;base64,", "data:image/jpeg;base64,"))
                if name == "style":
                    assert "url" not in value
        [styles] = [element.text for element in page.every("style")]
        assert "url(" not in styles
        assert "@import" not in styles
        return page

    return check


SHARD = "tests-000"
SOURCES = [
    "return str(len(ImagePatch(image).find('cube')))",
    "cubes = ImagePatch(image).find('cube')\nreturn str(len(cubes) + 1)",
    "return ImagePatch(image).find('frisbee')[0].simple_query('color?')",
    "return ImagePatch(image).find('pyramid')[0].simple_query('color?')",
    "while True:\n    pass\nreturn 1",
    "return 1 +",
]


def _candidate(text: str, index: int, written: str) -> Candidate:
    parsed = canonical(written)
    program_id, source = None, written
    if isinstance(parsed, Program):
        program_id, source = parsed.program_id, parsed.source
    problem = None if program_id else "syntax: no expression"
    written = (f"{text}-{index}", text, (), index, "first", program_id, None, source, problem)
    return Candidate(*written, "", "", "fake", "record", 0.5, None, 1, 0, 0, None)


@pytest.fixture(scope="session")
def executed(engine: Engine, picture_file: bytes, tmp_path_factory: pytest.TempPathFactory) -> ArtifactStore:
    """A shard of traces: two pictures, 20 questions of two families, six candidates, every kind of ending."""
    store = ArtifactStore.open(str(tmp_path_factory.mktemp("executed")))
    other = io.BytesIO()
    PillowImage.new("RGB", (64, 96), (10, 90, 10)).save(other, "PNG")
    ids = [store.put_blob(data) for data in (picture_file, other.getvalue())]
    images = [Image(i, f"{i[:6]}.png", "tests", "train", 128, 96, "image/png", 1) for i in ids]
    texts = [f"How many cubes are on shelf {n}?" for n in range(20)]
    questions = [
        Question(f"q{n}", ids[n % 2], text, ("3",) if n % 5 else (), (), f"f{n % 2}", "train", False, "tests")
        for n, text in enumerate(texts)
    ]
    programs = [_candidate(text, i, source) for text in texts for i, source in enumerate(SOURCES)]
    for table, rows in ((IMAGES, images), (QUESTIONS, questions), (PROGRAMS, programs), (PROBES, [])):
        store.write_shard(table, SHARD, table.frame(rows), "f")  # type: ignore[arg-type]
    execute_programs(store, SHARD, engine)
    return store


@pytest.fixture
def store(executed: ArtifactStore, tmp_path: Path) -> ArtifactStore:
    """A copy of the shard that a test may change."""
    shutil.copytree(executed.uri, tmp_path / "store")
    return ArtifactStore.open(str(tmp_path / "store"))
