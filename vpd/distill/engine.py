"""DeepSpeed around the objective: start ranks, take a step, save and resume, gather weights.

The JSON file a configuration names says how (ZeRO stage, buckets, offload); batch size, precision and
clipping come from the configuration. The optimiser is PyTorch's AdamW, since DeepSpeed's own ones compile
code on first use.

A checkpoint is a folder `step-<number>`, written under another name and renamed when it is whole and
durable. The learning rate and the random state are functions of the step, so weights and optimiser are all
it holds. Not here: resuming on another number of ranks.
"""

import json
import logging
import math
import os
import shutil
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import distributed

from vpd.distill.collate import Batch
from vpd.distill.config import TrainConfig
from vpd.distill.data import Part
from vpd.distill.loss import DistillationLoss
from vpd.distill.run_folder import make_durable
from vpd.errors import ConfigError, TrainingError

_OURS = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "optimizer",
         "scheduler", "bf16", "fp16", "gradient_clipping")  # fmt: skip
BETAS = (0.9, 0.98)


def start_ranks() -> Part:
    """Join the process group that the launcher describes; without a launcher, be the only rank."""
    if not torch.cuda.is_available():
        os.environ.setdefault("DS_ACCELERATOR", "cpu")
        os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")  # else DeepSpeed loads the compiler: 3 s, unused
    if "RANK" not in os.environ:
        os.environ.update(RANK="0", LOCAL_RANK="0", WORLD_SIZE="1", MASTER_ADDR="127.0.0.1")
        os.environ["MASTER_PORT"] = str(_free_port())
    logging.getLogger("DeepSpeed").setLevel(logging.WARNING)
    import deepspeed

    if not torch.cuda.is_available():
        _skip_compilation()
    deepspeed.init_distributed(dist_backend="nccl" if torch.cuda.is_available() else "gloo", verbose=False)
    return Part(distributed.get_rank(), distributed.get_world_size())


def _skip_compilation() -> None:
    """Keep DeepSpeed from compiling its shared-memory collectives (over a minute); gloo does their work.

    This sets a private table of DeepSpeed 0.19; a test sees to it that nothing is compiled.
    """
    import deepspeed.ops

    deepspeed.ops.__compatible_ops__ = {}


def stop_ranks() -> None:
    """Leave the process group, if one was joined."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class StepResult:
    """Losses of one step over all ranks, by mode, in nats per question."""

    step: int
    losses: dict[str, float]
    lr: float

    @property
    def loss(self) -> float:
        """The sum that is minimised."""
        return sum(self.losses.values())


class Engine:
    """One rank of a training run."""

    def __init__(self, config: TrainConfig, model: torch.nn.Module, part: Part) -> None:
        import deepspeed

        self.config, self.part = config, part
        objective = DistillationLoss(model)
        optimizer = torch.optim.AdamW(
            objective.parameters(), lr=config.lr, betas=BETAS, weight_decay=config.weight_decay
        )
        self.engine, *_ = deepspeed.initialize(
            model=objective, optimizer=optimizer, config=deepspeed_settings(config, part.world)
        )

    @property
    def model(self) -> torch.nn.Module:
        """The vision-language model inside."""
        return self.engine.module.model  # type: ignore[no-any-return]

    def step(self, step: int, batch: Batch) -> StepResult:
        """Train on this rank's part of a batch; raises TrainingError if any rank's loss is not finite."""
        lr = learning_rate(self.config, step)
        for group in self.engine.optimizer.param_groups:
            group["lr"] = lr
        torch.manual_seed(hash((self.config.seed, step, self.part.rank)))
        losses = self.engine(batch.to(self.engine.device))
        everywhere = self.mean({mode: loss.item() for mode, loss in losses.items()})
        if not all(math.isfinite(value) for value in everywhere.values()):
            raise TrainingError(
                f"the loss is {everywhere} at step {step + 1}: lower lr ({self.config.lr}) "
                f"or use precision fp32; checkpoints in {self.config.output} are from before"
            )
        self.engine.backward(torch.stack(list(losses.values())).sum())
        self.engine.step()
        return StepResult(step + 1, everywhere, lr)

    def losses(self, batch: Batch) -> dict[str, float]:
        """Return this rank's losses and answer accuracy on a batch, without training on it."""
        self.engine.eval()
        with torch.no_grad():
            losses = {name: value.item() for name, value in self.engine(batch.to(self.engine.device)).items()}
        self.engine.train()
        return losses

    def evaluate(self, batches: Sequence[Batch]) -> dict[str, float]:
        """Return losses and answer accuracy over all ranks' batches; {} if there are none."""
        total = sum(batch.questions for batch in batches)
        sums: dict[str, float] = {}
        for batch in batches:
            for name, value in self.losses(batch).items():
                sums[name] = sums.get(name, 0.0) + value * batch.questions / total
        return self.mean(sums)

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Return the mean over ranks; what only some ranks have counts as zero on the others."""
        names = ("answer", "rationale", "accuracy")
        rows = [[values.get(name, 0.0), float(name in values)] for name in names]
        table = torch.tensor(rows, device=self.engine.device)
        distributed.all_reduce(table)
        sums = zip(names, table.tolist(), strict=True)
        return {name: total / self.part.world for name, (total, ranks) in sums if ranks}

    def save(self, folder: Path, step: int, state: dict[str, Any]) -> None:
        """Keep a checkpoint and drop the older ones."""
        tag = f"step-{step:08d}"
        self.engine.save_checkpoint(str(folder), tag=f"{tag}.partial", client_state=state, save_latest=False)
        distributed.barrier()
        if self.part.rank == 0:
            make_durable(folder / f"{tag}.partial")
            (folder / f"{tag}.partial").rename(folder / tag)
            for other in folder.glob("step-*"):
                if other.name != tag:
                    shutil.rmtree(other)
        distributed.barrier()

    def resume(self, folder: Path) -> dict[str, Any] | None:
        """Load the last whole checkpoint and return the state saved with it, or None if there is none."""
        tag = last_checkpoint(folder)
        if tag is None:
            return None
        _, state = self.engine.load_checkpoint(str(folder), tag=tag)
        return dict(state)

    def weights(self) -> dict[str, torch.Tensor]:
        """Gather the model's weights, on the CPU; every rank must call this."""
        import deepspeed

        with deepspeed.zero.GatheredParameters(list(self.model.parameters())):
            return {name: t.detach().cpu().clone() for name, t in self.model.state_dict().items()}


def deepspeed_settings(config: TrainConfig, world: int) -> dict[str, Any]:
    """Return the JSON file's settings with those of the run; raises ConfigError if it sets one of ours."""
    try:
        settings = dict(json.loads(config.deepspeed.read_text()))
    except (OSError, ValueError) as error:
        raise ConfigError(f"deepspeed: cannot read {config.deepspeed}: {error}") from error
    clash = sorted(set(settings) & set(_OURS))
    if clash:
        raise ConfigError(
            f"deepspeed: {config.deepspeed} sets {', '.join(clash)}, which the run decides: remove it"
        )
    if config.batch_size % world:
        raise ConfigError(f"batch_size: {config.batch_size} questions do not divide over {world} ranks")
    return settings | {
        "train_micro_batch_size_per_gpu": config.batch_size // world,
        "gradient_accumulation_steps": 1,
        "gradient_clipping": config.grad_clip,
        "bf16": {"enabled": config.precision == "bf16"},
        "steps_per_print": 10**9,
    }


def learning_rate(config: TrainConfig, step: int) -> float:
    """Return the rate of a step counted from 0: linear warm-up, then a cosine to zero."""
    warm = round(config.warmup * config.steps)
    if step < warm:
        return config.lr * (step + 1) / warm
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, config.steps - warm)))


def last_checkpoint(folder: Path) -> str | None:
    """Return the name of the newest whole checkpoint."""
    whole = [p.name for p in folder.glob("step-*") if not p.name.endswith(".partial")]
    return max(whole, default=None)
