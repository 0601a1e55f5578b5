"""The tool of one's own in docs/tools.md: added there, it appears everywhere, with no other edit."""

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from vpd.errors import ConfigError
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import Run, events_from_json, events_to_json
from vpd.inspect.page import trace_page
from vpd.inspect.view import TraceView
from vpd.rationale.faithful import check_rationale
from vpd.rationale.render import render
from vpd.sampling.prompt import Asked, build_messages
from vpd.tools.protocol import Picture
from vpd.tools.toolset import find_toolset, methods_of

DOCS = Path(__file__).parents[2] / "docs" / "tools.md"
NAME = "cells_of_the_docs:CELLS"
COUNTS = """
def execute_command(image):
    image_patch = ImagePatch(image)
    left = image_patch.crop(0, 0, 50, 100)
    if image_patch.count_cells("blue") > left.count_cells("blue"):
        return image_patch.count_cells("red")
    return -1
"""


@pytest.fixture(scope="module", autouse=True)
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Put the documented module on the path, as its reader would."""
    [code] = re.findall(r"```python\n(.*?)```", DOCS.read_text(), flags=re.DOTALL)
    folder = tmp_path_factory.mktemp("own")
    (folder / "cells_of_the_docs.py").write_text(code)
    sys.path.insert(0, str(folder))
    yield
    sys.path.remove(str(folder))
    sys.modules.pop("cells_of_the_docs", None)


@pytest.fixture(scope="module")
def picture() -> Picture:
    """Three blue cells, two of them left, and no other."""
    pixels = np.full((100, 100, 3), 200, np.uint8)
    for center in ((20, 20), (20, 70), (80, 40)):
        cv2.circle(pixels, center, 8, (20, 20, 220), -1)
    return Picture("c" * 64, pixels)


def run(source: str, picture: Picture) -> tuple[Run, str]:
    with open_engine(find_toolset(NAME).open(), EngineSettings(in_flight=1, threads=1)) as engine:
        [(_, done)] = engine.run([Job(source, picture)])
        return done, engine.tools_version


def test_own_tool_is_shown_to_the_language_model() -> None:
    shown = build_messages(Asked("How many?"), NAME, 6)[0]["content"]
    assert "def count_cells(self, stain: str) -> int:" in shown
    assert 'count_cells("blue")' in shown
    assert "count_cells" not in build_messages(Asked("How many?"), "scenes", 6)[0]["content"]


def test_own_tool_answers_in_the_sandbox_and_stands_in_the_trace(picture: Picture) -> None:
    done, version = run(COUNTS, picture)
    assert (done.outcome, done.answer) == ("answered", "0")
    calls = [(e.line, e.args, e.value) for e in done.events if e.name == "count_cells"]
    assert calls == [(4, ("blue",), 3), (4, ("blue",), 2), (5, ("red",), 0)]
    assert "cells-1" in version


def test_own_tool_outside_its_vocabulary_is_the_programs_outcome(picture: Picture) -> None:
    done, _ = run('return ImagePatch(image).count_cells("pink")', picture)
    assert done.outcome == "vocabulary"
    assert "red, green, blue" in (done.message or "")


@pytest.mark.parametrize("call", ["count_cells(3)", "count_cells()", 'count_cells("blue", 1)'])
def test_own_tool_with_wrong_arguments_is_a_runtime_error(call: str, picture: Picture) -> None:
    done, _ = run(f"return ImagePatch(image).{call}", picture)
    assert done.outcome == "runtime"
    assert "TypeError" in (done.message or "")


def test_own_tool_is_on_the_trace_page(picture: Picture) -> None:
    done, version = run(COUNTS, picture)
    file = io.BytesIO()
    Image.fromarray(picture.pixels).save(file, "PNG")
    program = canonical(COUNTS)
    assert isinstance(program, Program)
    page = trace_page(TraceView(done, program.source, file.getvalue(), "cells.png", version, "vm"))
    assert "count_cells" in page
    assert "cells-1" in page


def test_own_tool_is_in_the_rationale_and_the_check_holds_it_against_the_trace(picture: Picture) -> None:
    done, version = run(COUNTS, picture)
    program = canonical(COUNTS)
    assert isinstance(program, Program)
    events, methods = events_from_json(events_to_json(done.events)), methods_of(version)
    text = render(program.source, events, "0", 100, 100, methods)
    assert "The picture has 3 blue cells." in text
    assert "The region [0 0 500 1000] has 2 blue cells." in text
    assert "The picture has no red cell." in text
    assert check_rationale(text, program.source, events, "0", 100, 100, methods) == []
    for true, false in (("3 blue", "4 blue"), ("3 blue", "3 red"), ("no red", "no blue"), ("[0 0", "[9 0")):
        changed = text.replace(true, false)
        assert [p.kind for p in check_rationale(changed, program.source, events, "0", 100, 100, methods)] == [
            "claim"
        ], changed


def test_own_tool_set_that_is_gone_says_where_to_look() -> None:
    with pytest.raises(ConfigError, match="PYTHONPATH"):
        find_toolset("no_such_module:TOOLS")
    with pytest.raises(ConfigError, match="ToolSetSpec"):
        find_toolset("json:loads")
    with pytest.raises(ConfigError, match="scenes, photos"):
        find_toolset("scones")
