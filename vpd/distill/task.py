"""What a run trains on and for: examples and the VPD loss, or pairs and the preference loss."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from torch import nn

from vpd.distill.collate import Collator
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part, Survey
from vpd.distill.loss import DistillationLoss
from vpd.distill.preference_loss import PairCollator, PreferenceLoss
from vpd.distill.preference_pairs import Pairs


class Material(Protocol):
    """What is trained on; its items are what the run's collator takes."""

    def survey(self) -> Survey:
        """Return what there is; raises DataError if that is nothing."""
        ...

    def batches(self, batch_size: int, part: Part, *, questions: int, start: int = 0) -> Iterator[list[Any]]:
        """Yield this part of the batches of steps `start`, `start + 1`, ... without end."""
        ...

    def validation(self, limit: int) -> list[Any]:
        """Return rows of the val split."""
        ...

    def with_images(self, rows: Sequence[Any]) -> list[Any]:
        """Attach pictures to rows."""
        ...


def material_of(config: TrainConfig) -> Examples | Pairs:
    """Open what a configuration trains on."""
    return Examples.of(config) if config.preference is None else Pairs.of(config)


def collator_of(config: TrainConfig, processor: Any) -> Callable[[Sequence[Any]], Any]:
    """Return what makes batches of it; raises ConfigError if the processor's family is not supported."""
    room = config.hardware.kept_pictures_mb * 2**20
    if config.preference is None:
        return Collator(processor, config.arm, config.notation, room)
    return PairCollator(processor, config.notation, room)


def objective_of(config: TrainConfig, model: nn.Module) -> DistillationLoss | PreferenceLoss:
    """Return what is minimised, around a model."""
    if config.preference is None:
        return DistillationLoss(model, config.rationale_weight, config.hardware.length_parts)
    return PreferenceLoss(model, config.preference.beta)
