"""Where DeepSpeed keeps what is trained: this rank's pieces of every parameter's fp32 weight and moments.

Under ZeRO a rank trains pieces of flattened parameters: slices at stages 1 and 2, equal parts at stage 3, and
whole ones at stage 0. A fragment names its place in the parameter, so pieces written by some ranks at one
stage can be read by others at another (`vpd.distill.train_state`).

This reads private tables of DeepSpeed 0.19; a test sees to it for every stage in fp32 and bf16. Not here:
offload to NVMe, whose tensors are not in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed

from vpd.distill.optimizer import moments, trained_in_order


@dataclass(frozen=True)
class Fragment:
    """A piece of the parameter `name` from its element `start` on.

    `tensors` (each one flat, of equal length): `weight` in fp32 and the optimiser's moments.
    They are the optimiser's own, so what is written into them is trained on.
    """

    name: str
    start: int
    tensors: dict[str, torch.Tensor]

    @property
    def size(self) -> int:
        """Number of elements."""
        return self.tensors["weight"].numel()


def trainable(engine: Any) -> dict[str, torch.nn.Parameter]:
    """Return the parameters of a DeepSpeed engine's module that are trained, by name."""
    return {name: p for name, p in engine.module.named_parameters() if p.requires_grad}


def fragments(engine: Any) -> Iterator[Fragment]:
    """Yield this rank's fragments; at stage 0 every rank has all of them, at other stages each its own."""
    stage = engine.zero_optimization_stage()
    places = {0: _whole, 1: _slices, 2: _slices, 3: _parts}[stage](engine)
    for name, start, master, offset, size in places:
        held = {"weight": master, **moments(engine.basic_optimizer, master)}
        flat = {kind: t.detach().view(-1).narrow(0, offset, size) for kind, t in held.items()}
        yield Fragment(name, start, flat)


_Place = tuple[str, int, torch.Tensor, int, int]
"""Name, first element, the fp32 tensor that is trained, where in it the piece begins, and its size."""


def _whole(engine: Any) -> Iterator[_Place]:
    optimizer = engine.basic_optimizer
    names = trained_in_order(optimizer, {id(p): name for name, p in trainable(engine).items()})
    masters = (p for group in optimizer.param_groups for p in group["params"])
    for name, master in zip(names, masters, strict=True):
        yield name, 0, master, 0, master.numel()


def _slices(engine: Any) -> Iterator[_Place]:
    for name, parameter in trainable(engine).items():
        held = parameter._hp_mapping  # type: ignore[attr-defined]
        if held is not None:
            (master,) = engine.basic_optimizer.param_groups[held.param_group_index]["params"]
            place = held.hp_fragment_address
            yield name, held.lp_fragment_address.start, master, place.start, place.numel


def _parts(engine: Any) -> Iterator[_Place]:
    zero = engine.optimizer
    for name, parameter in trainable(engine).items():
        group, offset, size = zero.grad_position[zero.get_param_id(parameter)]
        start = distributed.get_rank() * size
        size = min(size, parameter.ds_numel - start)  # type: ignore[attr-defined]
        if size > 0:  # the last ranks may hold padding only
            yield name, start, zero.fp32_partitioned_groups_flat[group], offset, size
