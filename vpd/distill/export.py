"""Export of a trained model: safetensors and processor, read back with `from_pretrained` and compared."""

import shutil
from pathlib import Path

import torch

from vpd.distill.collate import Batch
from vpd.distill.loss import DistillationLoss
from vpd.distill.run_folder import make_durable
from vpd.distill.student import Vlm, load_student
from vpd.errors import TrainingError

_TOLERANCE = 1e-3  # nats; the same weights in the same precision, in another process of the same kernels


def export(
    vlm: Vlm, weights: dict[str, torch.Tensor], folder: Path, sample: Batch, expected: dict[str, float]
) -> None:
    """Write the model whole or not at all.

    Raises TrainingError if the model that is read back has other losses on the sample than the trained one.
    """
    aside = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)
    vlm.save(aside, weights)
    check_export(aside, sample, expected)
    make_durable(aside)
    shutil.rmtree(folder, ignore_errors=True)
    aside.rename(folder)


def check_export(folder: Path, sample: Batch, expected: dict[str, float]) -> None:
    """Compare the losses of an exported model with those of the trained one."""
    objective = DistillationLoss(load_student(str(folder)).model).eval()
    with torch.no_grad():
        found = {name: value.item() for name, value in objective(sample).items()}
    worst = max(abs(found[name] - expected[name]) for name in expected)
    if not worst <= _TOLERANCE:
        raise TrainingError(f"the model read back from {folder} has losses {found}, trained were {expected}")
