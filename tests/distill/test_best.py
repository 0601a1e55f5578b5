"""Which step of a run is its best."""

import pytest

from vpd.distill.best import best_step


@pytest.mark.parametrize(
    ("validated", "best"),
    [
        ({}, None),
        ({2: (0.5, 1.0), 4: (0.6, 2.0), 6: (0.4, 0.1)}, 4),  # accuracy decides
        ({2: (0.5, 1.0), 4: (0.5, 0.9), 6: (0.5, 0.95)}, 4),  # then the loss
        ({2: (0.5, 1.0), 4: (0.5, 1.0)}, 2),  # then the earlier step
    ],
)
def test_best_step_is_by_accuracy_then_loss_then_step(
    validated: dict[int, tuple[float, float]], best: int | None
) -> None:
    history = [{"step": float(step), "loss": 1.0} for step in range(1, 8)]
    for step, (accuracy, loss) in validated.items():
        history[step - 1] |= {"val_accuracy": accuracy, "val_answer": loss}
    assert best_step(history) == best
