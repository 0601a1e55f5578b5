"""Checkpoints: what a run needs to go on from a step, on any number of ranks and at any ZeRO stage.

    checkpoints/step-00000400/rank-00000.safetensors   that rank's fragments, "<kind>/<start>/<parameter>"
    checkpoints/step-00000400/state.json               the state saved with it, and AdamW's number of updates

The folder is written under another name and renamed when it is whole and durable, so a process killed at any
moment leaves the last whole one. Ranks on several machines need a folder that all see. The learning rate,
the order of the data and the random state are functions of the step, so none is kept. This is not DeepSpeed's
format: its universal checkpoint wants a conversion between runs, and has none for stage 0.

Not here: weights that are not trained, which come from the base.
"""

import shutil
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import distributed

from vpd.distill.data import Part
from vpd.distill.fragments import fragments, trainable
from vpd.distill.optimizer import set_updates, updates
from vpd.distill.run_folder import make_durable, read_json, write_json
from vpd.errors import TrainingError

_PARTIAL = ".partial"


class Checkpoints:
    """The checkpoints of a DeepSpeed engine in one run's folder. Every rank must save and load together."""

    def __init__(self, engine: Any, folder: Path, part: Part) -> None:
        self.engine, self.folder, self.part = engine, folder, part

    @property
    def last(self) -> int | None:
        """Step of the newest whole checkpoint."""
        return max(self._steps(), default=None)

    def save(self, step: int, state: dict[str, Any], keep: Collection[int] = ()) -> None:
        """Write a checkpoint, then drop those that are neither it nor of a step in `keep`.

        Raises TrainingError on every rank, with the older ones kept, if any rank cannot write.
        """
        whole, partial = self.path(step), self._partial(step)
        saved = {"updates": updates(self.engine.basic_optimizer), "state": state}
        self._together(step, lambda: shutil.rmtree(partial, ignore_errors=True), on=0)
        self._together(step, lambda: self._write(partial))
        self._together(step, lambda: _commit(partial, whole, saved), on=0)
        self._together(step, lambda: self._prune({step, *keep}), on=0)

    def load(self, step: int) -> dict[str, Any]:
        """Put a checkpoint's weights and moments into the engine and return the state saved with it.

        Raises TrainingError if it lacks a part of a parameter.
        """
        import deepspeed

        saved = read_json(self.path(step) / "state.json") or {}
        pieces = Pieces(self.path(step))
        for fragment in fragments(self.engine):
            for kind, tensor in fragment.tensors.items():
                pieces.copy(kind, fragment.name, fragment.start, tensor)
        set_updates(self.engine.basic_optimizer, saved["updates"])
        for name, parameter in trainable(self.engine).items():
            with deepspeed.zero.GatheredParameters([parameter], modifier_rank=0):
                full = torch.empty(parameter.numel())
                pieces.copy("weight", name, 0, full)
                parameter.data.copy_(full.view_as(parameter))
        return dict(saved["state"])

    def path(self, step: int) -> Path:
        """Return the folder of a step's checkpoint."""
        return self.folder / f"step-{step:08d}"

    def _partial(self, step: int) -> Path:
        return self.folder / f"{self.path(step).name}{_PARTIAL}"

    def _steps(self) -> list[int]:
        return [int(p.name[5:]) for p in self.folder.glob("step-*") if not p.name.endswith(_PARTIAL)]

    def _write(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        if self.engine.zero_optimization_stage() == 0 and self.part.rank > 0:
            return  # rank 0 has everything
        tensors = {
            f"{kind}/{fragment.start}/{fragment.name}": tensor.cpu()
            for fragment in fragments(self.engine)
            for kind, tensor in fragment.tensors.items()
        }
        save_file(tensors, folder / f"rank-{self.part.rank:05d}.safetensors")

    def _prune(self, keep: Collection[int]) -> None:
        for path in self.folder.glob("step-*"):
            if path not in map(self.path, keep):
                shutil.rmtree(path)

    def _together(self, step: int, act: Callable[[], None], *, on: int | None = None) -> None:
        """Act on all ranks or on one; if it fails anywhere, drop what was written and raise everywhere."""
        problem = ""
        try:
            if on in (None, self.part.rank):
                act()
        except (OSError, SafetensorError) as error:
            problem = str(error)
        failed = torch.tensor(float(bool(problem)), device=self.engine.device)
        distributed.all_reduce(failed)
        if not failed:
            return
        shutil.rmtree(self._partial(step), ignore_errors=True)
        raise TrainingError(
            f"cannot save checkpoint {self.path(step)}: {problem or 'another rank failed'}. What was saved "
            "before is whole: free disk space and start the same run again, it goes on from "
            f"{f'step {self.last}' if self.last else 'its start'}"
        )


class Pieces:
    """The pieces of parameters in a checkpoint, whatever ranks wrote them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.found: dict[tuple[str, str], list[tuple[int, Any, str]]] = {}
        for path in sorted(folder.glob("rank-*.safetensors")):
            file = safe_open(path, "pt")
            for key in file.keys():  # type: ignore[no-untyped-call]  # noqa: SIM118
                kind, start, name = key.split("/", 2)
                self.found.setdefault((kind, name), []).append((int(start), file, key))

    def copy(self, kind: str, name: str, start: int, into: torch.Tensor) -> None:
        """Fill a flat tensor with a parameter's elements from `start` on; raises TrainingError for a gap."""
        end, filled = start + into.numel(), 0
        for first, file, key in self.found.get((kind, name), []):
            piece = file.get_slice(key)
            low, high = max(start, first), min(end, first + piece.get_shape()[0])
            if low < high:
                into[low - start : high - start].copy_(piece[low - first : high - first])
                filled += high - low
        if filled != into.numel():
            raise TrainingError(
                f"checkpoint {self.folder} has {filled} of {into.numel()} elements of {name}: it is damaged "
                "or of another model; delete it to go on from the one before"
            )


def _commit(partial: Path, whole: Path, saved: dict[str, Any]) -> None:
    write_json(partial / "state.json", saved)
    make_durable(partial)
    partial.rename(whole)
