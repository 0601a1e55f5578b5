"""The bare torch loop that training is held against: one rank of it, as torchrun starts them.

The same student, loss and batches, which lie in memory before the clock starts; the same optimiser, clipping
and rates; no DeepSpeed. Ranks average their gradients in one call. `bare.json` is written beside the
configuration.
"""

import argparse
import json
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from vpd.distill.collate import Batch
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.engine import learning_rate
from vpd.distill.optimizer import build_optimizer
from vpd.distill.student import build_student
from vpd.distill.task import collator_of, objective_of


def main() -> None:
    """Run one rank."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", type=Path, required=True)
    file: Path = parser.parse_args().config
    distributed.init_process_group("gloo")
    part = Part(distributed.get_rank(), distributed.get_world_size())
    figures = run_bare(TrainConfig.load(file), part)
    if part.rank == 0:
        (file.parent / "bare.json").write_text(json.dumps(figures))
    distributed.destroy_process_group()


def run_bare(config: TrainConfig, part: Part) -> dict[str, Any]:
    """Train as the configuration says and return seconds, CPU seconds of this rank, and losses over all."""
    examples = Examples.of(config)
    vlm = build_student(config.student, examples.texts(), config.seed)
    collate = collator_of(config, vlm.processor)
    stream = examples.batches(config.batch_size, part, questions=examples.survey().questions)
    return _timed(config, vlm.model, [collate(q) for q in islice(stream, config.steps)])


def _timed(config: TrainConfig, model: torch.nn.Module, batches: Sequence[Batch]) -> dict[str, Any]:
    objective = objective_of(config, model)
    named = dict(objective.named_parameters())
    parameters = list(named.values())
    optimizer = build_optimizer(config.optimizer, named, config.lr, config.weight_decay)
    losses = []
    distributed.barrier()
    started, cpu = time.perf_counter(), time.process_time()
    for step, batch in enumerate(batches):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(config, step)
        optimizer.zero_grad()
        loss = torch.stack(list(objective(batch).values())).sum()
        loss.backward()
        _average([p.grad for p in parameters if p.grad is not None])
        torch.nn.utils.clip_grad_norm_(parameters, config.grad_clip)
        optimizer.step()
        losses.append(loss.item())
    seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
    everywhere = torch.tensor(losses)
    distributed.all_reduce(everywhere)
    mean = (everywhere / distributed.get_world_size()).tolist()
    return {"seconds": seconds, "cpu_seconds": cpu, "losses": mean}


def _average(gradients: Sequence[torch.Tensor]) -> None:
    world = distributed.get_world_size()
    if world == 1:
        return
    flat = torch.cat([gradient.flatten() for gradient in gradients])
    distributed.all_reduce(flat)
    pieces = torch.split(flat / world, [gradient.numel() for gradient in gradients])
    for gradient, piece in zip(gradients, pieces, strict=True):
        gradient.copy_(piece.view_as(gradient))


if __name__ == "__main__":
    main()
