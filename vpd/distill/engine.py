"""DeepSpeed around the objective: take a step, save and resume, gather weights.

The JSON file a configuration names says how (ZeRO stage, buckets, offload); batch size, accumulation,
precision and clipping come from the configuration. The optimiser is PyTorch's (`vpd.distill.optimizer`), also
where it is offloaded to the CPU, since DeepSpeed's own ones compile code on first use.

Not here: the processes (`vpd.distill.ranks`), what a checkpoint holds (`vpd.distill.train_state`).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import distributed
from transformers.modeling_layers import GradientCheckpointingLayer

from vpd.distill.collate import Batch
from vpd.distill.config import TrainConfig
from vpd.distill.data import Part
from vpd.distill.guard import require_finite
from vpd.distill.optimizer import build_optimizer, set_updates
from vpd.distill.preference_loss import PairBatch
from vpd.distill.task import objective_of
from vpd.distill.train_state import Checkpoints
from vpd.errors import ConfigError

_OURS = ("train_batch_size", "train_micro_batch_size_per_gpu", "gradient_accumulation_steps", "optimizer",
         "scheduler", "bf16", "fp16", "gradient_clipping")  # fmt: skip


@dataclass(frozen=True)
class StepResult:
    """One step over all ranks.

    `loss` is what is minimised. `losses`: its parts by mode, in nats per question, and what else the
    objective measures. `gradient`: its norm unclipped.
    """

    step: int
    loss: float
    losses: dict[str, float]
    lr: float
    gradient: float


class Engine:
    """One rank of a training run."""

    def __init__(self, config: TrainConfig, model: torch.nn.Module, part: Part) -> None:
        import deepspeed

        self.config, self.part = config, part
        if config.hardware.recompute:
            recompute_layers(model)
        if config.hardware.compile:
            compile_layers(model)
        objective = objective_of(config, model)
        trained = {name: p for name, p in objective.named_parameters() if p.requires_grad}
        optimizer = build_optimizer(config.optimizer, trained, config.lr, config.weight_decay)
        self.engine, *_ = deepspeed.initialize(
            model=objective, optimizer=optimizer, config=deepspeed_settings(config, part.world)
        )
        self.checkpoints = Checkpoints(self.engine, config.output / "checkpoints", part)
        set_updates(
            self.engine.basic_optimizer, 0
        )  # in bf16 at stage 0 DeepSpeed makes an empty one, which is counted

    @property
    def model(self) -> torch.nn.Module:
        """The vision-language model inside."""
        return self.engine.module.model  # type: ignore[no-any-return]

    def step(self, step: int, *batches: Batch | PairBatch) -> StepResult:
        """Train on this rank's part of a step, passed as equal batches one after the other.

        Raises TrainingError on every rank if a loss or the gradient is not finite.
        """
        lr = learning_rate(self.config, step)
        for group in self.engine.optimizer.param_groups:
            group["lr"] = lr
        torch.manual_seed(hash((self.config.seed, step, self.part.rank)))
        objective, sums = self.engine.module, dict[str, float]()
        for number, batch in enumerate(batches):
            if number:
                self.engine.step()  # counts the pass before; the last one, below, updates
            losses = self.engine(batch.to(self.engine.device))
            self.engine.backward(torch.stack([losses[n] for n in objective.LOSSES if n in losses]).sum())
            for mode, loss in losses.items():
                sums[mode] = sums.get(mode, 0.0) + loss.item() / len(batches)
        everywhere = self.mean(sums)
        hint = (
            f"lower lr ({self.config.lr}) and choose another output, or look at the examples of this step; "
            f"checkpoints in {self.config.output} are from before"
        )
        require_finite(step + 1, everywhere, 0.0, hint)
        gradient = self._update()
        require_finite(step + 1, everywhere, gradient, hint)
        loss = sum(everywhere[name] for name in objective.LOSSES if name in everywhere)
        return StepResult(step + 1, loss, everywhere, lr, gradient)

    def _update(self) -> float:
        """Update the weights and return the norm of the gradient, infinite if DeepSpeed refused to."""
        plain = self.engine.optimizer is self.engine.basic_optimizer  # fp32 at stage 0: it tells no norm
        norm = _norm(self.engine.module) if plain else 0.0
        self.engine.step()
        return norm if plain else float(self.engine.get_global_grad_norm())

    def losses(self, batch: Batch | PairBatch) -> dict[str, float]:
        """Return this rank's losses and measures on a batch, without training on it."""
        self.engine.eval()
        with torch.no_grad():
            losses = {name: value.item() for name, value in self.engine(batch.to(self.engine.device)).items()}
        self.engine.train()
        return losses

    def evaluate(self, batches: Sequence[Batch | PairBatch]) -> dict[str, float]:
        """Return losses and measures over all ranks' batches; {} if there are none."""
        total = sum(batch.questions for batch in batches)
        sums: dict[str, float] = {}
        for batch in batches:
            for name, value in self.losses(batch).items():
                sums[name] = sums.get(name, 0.0) + value * batch.questions / total
        return self.mean(sums)

    def mean(self, values: dict[str, float]) -> dict[str, float]:
        """Return the mean over ranks; what only some ranks have counts as zero on the others."""
        names = (*self.engine.module.LOSSES, *self.engine.module.MEASURES)
        rows = [[values.get(name, 0.0), float(name in values)] for name in names]
        table = torch.tensor(rows, device=self.engine.device)
        distributed.all_reduce(table)
        sums = zip(names, table.tolist(), strict=True)
        return {name: total / self.part.world for name, (total, ranks) in sums if ranks}

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
    if "nvme" in str(settings.get("zero_optimization")):
        raise ConfigError(f"deepspeed: {config.deepspeed} offloads to nvme: offload to cpu or not at all")
    stage = settings.get("zero_optimization", {}).get("stage", 0)
    if config.optimizer == "muon" and (stage != 0 or config.precision != "fp32"):
        raise ConfigError(
            f"optimizer: muon needs whole matrices, and {config.deepspeed} cuts them (ZeRO stage {stage}) or "
            f"precision {config.precision} copies them: take infra/deepspeed/zero0.json and fp32, or adamw"
        )
    passes = config.hardware.accumulation
    if config.batch_size % (world * passes):
        raise ConfigError(
            f"batch_size: {config.batch_size} questions do not divide over {world} ranks "
            f"with {passes} passes each"
        )
    return settings | {
        "train_micro_batch_size_per_gpu": config.batch_size // (world * passes),
        "gradient_accumulation_steps": passes,
        "gradient_clipping": config.grad_clip,
        "bf16": {"enabled": config.precision == "bf16"},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
        "steps_per_print": 10**9,
    }


def recompute_layers(model: Any) -> None:
    """Make a transformers model keep no activations of its layers; raises ConfigError if it cannot."""
    try:
        model.activation_checkpointing_enable({"use_reentrant": False})
    except ValueError as error:
        raise ConfigError(f"hardware.recompute: {error}") from error


def compile_layers(model: torch.nn.Module) -> None:
    """Compile every transformer layer by itself: alike ones share the code."""
    for module in model.modules():
        if isinstance(module, GradientCheckpointingLayer):
            module.compile()


def learning_rate(config: TrainConfig, step: int) -> float:
    """Return the rate of a step counted from 0: linear warm-up, then a cosine to zero."""
    warm = round(config.warmup * config.steps)
    if step < warm:
        return config.lr * (step + 1) / warm
    return config.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, config.steps - warm)))


def _norm(module: torch.nn.Module) -> float:
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    return float(torch.nn.utils.get_total_norm(gradients))
