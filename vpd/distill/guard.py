"""When a run is worth nothing more: its loss or gradient is not finite, or its loss left its best for good.

The rule for divergence: the smoothed loss is an exponential mean over about ten steps; a run that has lost
more than `factor` times its least smoothed loss for `patience` steps in a row has diverged. Losses under a
tenth of a nat count as a tenth, since a student that knows its examples by heart has a noisy loss near zero.
All of it follows from the losses so far, so a resumed run judges as an uninterrupted one.
"""

import math
from collections.abc import Iterable

from pydantic import BaseModel, ConfigDict, Field

from vpd.errors import TrainingError

_SMOOTH = 0.1
_FLOOR = 0.1  # nats


class Divergence(BaseModel):
    """When a run counts as diverged; may change when it is resumed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    factor: float = Field(default=3.0, gt=1, description="times the best smoothed loss that is too much")
    patience: int = Field(default=20, ge=1, description="steps in a row above that")


class Guard:
    """Watches the losses of a run, from its first step on."""

    def __init__(self, rule: Divergence, losses: Iterable[float] = ()) -> None:
        self.rule = rule
        self.smoothed, self.best, self.above = math.nan, math.inf, 0
        for loss in losses:
            self._take(loss)

    def watch(self, step: int, loss: float) -> None:
        """Take the loss of a step; raises TrainingError if the run has diverged."""
        self._take(loss)
        if self.above < self.rule.patience:
            return
        raise TrainingError(
            f"training diverged: the loss is {loss:.3g} at step {step} and was for {self.above} steps above "
            f"{self._most:.3g}, {self.rule.factor:g} times its best. Lower lr, lengthen warmup or lower "
            "grad_clip, and choose another output; if such losses are to be expected, raise "
            "divergence.factor or divergence.patience and start the same run again"
        )

    @property
    def _most(self) -> float:
        return self.rule.factor * max(self.best, _FLOOR)

    def _take(self, loss: float) -> None:
        self.above = self.above + 1 if loss > self._most else 0
        known = not math.isnan(self.smoothed)
        self.smoothed = (1 - _SMOOTH) * self.smoothed + _SMOOTH * loss if known else loss
        self.best = min(self.best, self.smoothed)


def require_finite(step: int, losses: dict[str, float], gradient: float, hint: str) -> None:
    """Raise TrainingError if a loss of a step, or the norm of its gradient over all ranks, is not finite."""
    if not all(map(math.isfinite, losses.values())):
        raise TrainingError(f"the loss is {losses} at step {step}: {hint}")
    if not math.isfinite(gradient):
        raise TrainingError(f"the gradient is not finite at step {step}, with the loss {losses}: {hint}")
