"""Export of a trained model: safetensors and processor, read back and compared.

A model trained with LoRA is exported twice: merged, like any other, and as `adapter/` in the same folder, in
the format of peft.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from vpd.distill.base import Vlm, load_student
from vpd.distill.collate import Batch
from vpd.distill.lora import has_lora
from vpd.distill.loss import DistillationLoss
from vpd.distill.preference_loss import PairBatch, PreferenceLoss
from vpd.distill.run_folder import make_durable
from vpd.errors import TrainingError

_TOLERANCE = 1e-3  # nats; the same weights in the same precision, in another process of the same kernels
_ROUNDED = 0.05  # nats, in 16 bits: a merged weight rounds otherwise than its parts, 0.001 on tiny models


Objective = Callable[[nn.Module], DistillationLoss | PreferenceLoss]


def export(
    vlm: Vlm,
    weights: dict[str, torch.Tensor],
    folder: Path,
    sample: Batch | PairBatch,
    expected: dict[str, float],
    objective: Objective = DistillationLoss,
) -> None:
    """Write the model whole or not at all; `expected` are the losses of an objective on a sample.

    Raises TrainingError if the model that is read back has other losses on the sample than the trained one.
    """
    aside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    if has_lora(vlm.model):
        vlm.save(aside / "adapter", weights)
        merged = load_student(str(aside / "adapter"), next(iter(weights.values())).dtype)
        _compare(aside / "adapter", merged, objective, sample, expected)
        merged.save(aside)
    else:
        vlm.save(aside, weights)
    _compare(aside, load_student(str(aside)), objective, sample, expected)
    make_durable(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def _compare(
    folder: Path,
    found: Vlm,
    objective: Objective,
    sample: Batch | PairBatch,
    expected: dict[str, float],
) -> None:
    """Compare the losses of what was read back with the trained ones; not accuracies, which jump."""
    judge = objective(found.model).eval()
    with torch.no_grad():
        losses = {name: value.item() for name, value in judge(sample).items() if name in judge.LOSSES}
    worst = max(abs(value - expected[name]) for name, value in losses.items())
    exact = next(found.model.parameters()).dtype == torch.float32
    if not worst <= (_TOLERANCE if exact else _ROUNDED):
        raise TrainingError(
            f"the model read back from {folder} has losses {losses}, trained were {expected}: the run's "
            "checkpoints are good, look for a library that changed while it ran and start it again"
        )
