"""The baseline: programs run as ViperGPT published it (Suris et al., ICCV 2023), one after another.

`exec` in this process, every method of a patch is one call of its tool with a batch of one, nothing is kept.
There is no sandbox: only texts that ship with this project may be run.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from vpd.execution.answer import answer_text
from vpd.execution.program import ENTRY
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.tools.image_patch import bool_to_yesno
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolSet


@dataclass(frozen=True)
class Result:
    """What a program answered (None: it failed), and how often it called a tool."""

    answer: str | None
    calls: int


def run_sequentially(jobs: Iterable[Job], toolset: ToolSet) -> list[Result]:
    """Run trusted programs one after another."""
    return [_run(job, toolset) for job in jobs]


def _run(job: Job, toolset: ToolSet) -> Result:
    tools = _Tools(toolset, job.picture)
    names: dict[str, Any] = {"ImagePatch": tools.patch, "bool_to_yesno": bool_to_yesno}
    try:
        exec(compile(job.source, "program", "exec"), names)
        value = names[ENTRY](None)
        return Result(answer_text(type(value).__name__, value), tools.calls)
    except Exception:
        return Result(None, tools.calls)


class _Tools:
    """The tools as one program has them."""

    def __init__(self, toolset: ToolSet, picture: Picture) -> None:
        self.picture = picture
        self.calls = 0
        self._toolset = toolset

    def patch(self, _image: Any) -> "_Patch":
        return _Patch(self, Box(0.0, 0.0, float(self.picture.width), float(self.picture.height)))

    def ask(self, method: str, region: Box, *args: Any) -> Any:
        self.calls += 1
        (answer,) = self._toolset.tools[method].run([ToolRequest(self.picture, region, args)])
        if isinstance(answer, ToolFailure):
            raise ValueError(answer.message)
        return answer.value


class _Patch:
    """`vpd.tools.image_patch.ImagePatch` on top of the tools."""

    def __init__(self, tools: _Tools, box: Box) -> None:
        self._tools, self._box = tools, box
        self.left, self.top, self.right, self.bottom = box.left, box.top, box.right, box.bottom
        self.width, self.height = box.width, box.height
        self.horizontal_center, self.vertical_center = box.center

    def find(self, object_name: str) -> list["_Patch"]:
        picture = self._tools.picture
        boxes = [d.box.clamp(picture.width, picture.height) for d in self._ask("find", object_name)]
        return [_Patch(self._tools, box) for box in boxes if box.area > 0]

    def exists(self, object_name: str) -> Any:
        return self._ask("exists", object_name)

    def verify_property(self, object_name: str, property: str) -> Any:
        return self._ask("verify_property", object_name, property)

    def simple_query(self, question: str) -> Any:
        return self._ask("simple_query", question)

    def best_text_match(self, options: list[str]) -> Any:
        return self._ask("best_text_match", tuple(options))

    def compute_depth(self) -> Any:
        return self._ask("compute_depth")

    def crop(self, left: float, top: float, right: float, bottom: float) -> "_Patch":
        box = Box(left, top, right, bottom).clamp(self._tools.picture.width, self._tools.picture.height)
        if box.area <= 0:
            raise ValueError("crop has no area inside the picture")
        return _Patch(self._tools, box)

    def overlaps_with(self, other: "_Patch") -> bool:
        return self._box.overlap(other._box) > 0

    def _ask(self, method: str, *args: Any) -> Any:
        return self._tools.ask(method, self._box, *args)
