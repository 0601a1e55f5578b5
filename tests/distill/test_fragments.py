"""Checkpoints of every ZeRO stage and precision, read by other numbers of ranks at other stages."""

from pathlib import Path

import pytest
import torch
from torch import distributed, nn

from tests.distill.real_ranks import on_ranks
from vpd.distill.ranks import start_ranks
from vpd.distill.train_state import Checkpoints

STEPS, SAVED, ROWS = 4, 2, 8


class Net(nn.Module):
    """Layers whose sizes no number of ranks divides."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(7, 13), nn.Tanh(), nn.Linear(13, 3))
        self.layers[0].bias.requires_grad_(requires_grad=False)

    def forward(self, rows: torch.Tensor) -> torch.Tensor:
        out: torch.Tensor = self.layers(rows.to(self.layers[0].weight.dtype))
        return (out.float() - 1).pow(2).mean()


def learn(folder: Path, stage: int, precision: str, resume: bool) -> list[float]:
    """Train a net and return the losses over all ranks; save on the way, or go on from what was saved."""
    import deepspeed

    part = start_ranks("cpu")
    torch.manual_seed(0)
    net = Net()
    settings = {
        "train_micro_batch_size_per_gpu": ROWS // part.world,
        "gradient_clipping": 1.0,
        "bf16": {"enabled": precision == "bf16"},
        "zero_optimization": {"stage": stage, "stage3_param_persistence_threshold": 20},
        "zero_allow_untested_optimizer": True,
        "zero_force_ds_cpu_optimizer": False,
    }
    optimizer = torch.optim.AdamW([p for p in net.parameters() if p.requires_grad], lr=0.03)
    engine, *_ = deepspeed.initialize(model=net, optimizer=optimizer, config=settings)
    checkpoints = Checkpoints(engine, folder, part)
    first = checkpoints.load(SAVED)["steps"] if resume else 0
    losses = []
    for step in range(first, STEPS):
        rows = torch.randn(ROWS, 7, generator=torch.Generator().manual_seed(step))
        loss = engine(rows.chunk(part.world)[part.rank])
        engine.backward(loss)
        engine.step()
        mean = loss.detach() / part.world
        distributed.all_reduce(mean)
        losses.append(mean.item())
        if step + 1 == SAVED and not resume:
            checkpoints.save(SAVED, {"steps": SAVED})
    return losses


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
@pytest.mark.parametrize("stage", range(4))
def test_checkpoint_of_two_ranks_read_by_one_goes_on_with_the_same_losses(
    tmp_path: Path, stage: int, precision: str
) -> None:
    whole = on_ranks(2, learn, tmp_path, stage, precision, False)[0].value
    alone = on_ranks(1, learn, tmp_path, stage, precision, True)[0].value
    exact = 1e-5 if precision == "fp32" else 2e-3  # bf16 rounds gradients of other parts of a batch otherwise
    assert alone == pytest.approx(whole[SAVED:], rel=exact)


@pytest.mark.parametrize("stage", range(4))
def test_checkpoint_of_two_ranks_read_by_four_at_another_stage_goes_on_with_the_same_losses(
    tmp_path: Path, stage: int
) -> None:
    whole = on_ranks(2, learn, tmp_path, stage, "fp32", False)[0].value
    four = on_ranks(4, learn, tmp_path, (stage + 2) % 4, "fp32", True)[0].value
    assert four == pytest.approx(whole[SAVED:], rel=1e-5)


def test_checkpoint_that_lacks_the_pieces_of_a_rank_is_refused(tmp_path: Path) -> None:
    on_ranks(2, learn, tmp_path, 2, "fp32", False)
    (tmp_path / "step-00000002" / "rank-00001.safetensors").unlink()
    (ended,) = on_ranks(1, learn, tmp_path, 2, "fp32", True)
    assert ended.error == "TrainingError"
    assert "step-00000002" in ended.message
