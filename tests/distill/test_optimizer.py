"""AdamW by name, and Muon for matrices beside it."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import nn

from vpd.distill.config import TrainConfig
from vpd.distill.engine import deepspeed_settings
from vpd.distill.optimizer import MuonWithAdamW, build_optimizer, moments, trained_in_order
from vpd.errors import ConfigError

Make = Callable[..., TrainConfig]


def net() -> nn.Module:
    torch.manual_seed(0)
    parts = {"embed": nn.Embedding(5, 8), "layer": nn.Linear(8, 8), "out": nn.Linear(8, 5, bias=False)}
    return nn.ModuleDict(parts)


def loss_of(model: nn.Module) -> torch.Tensor:
    tokens = torch.arange(5)
    hidden = model["layer"](model["embed"](tokens)).tanh()  # type: ignore[index]
    return nn.functional.cross_entropy(model["out"](hidden), (tokens + 1) % 5)  # type: ignore[index]


def spread(matrix: torch.Tensor) -> float:
    """The first singular value over the fourth: five tokens make no more than four strong ones."""
    singular = torch.linalg.svdvals(matrix)
    return float(singular[0] / singular[3])


def test_muon_takes_the_linear_weights_and_leaves_tables_and_biases_to_adamw() -> None:
    optimizer = build_optimizer("muon", dict(net().named_parameters()), 0.01, 0.1)
    assert isinstance(optimizer, MuonWithAdamW)
    shapes = [tuple(p.shape) for p in optimizer.muon.param_groups[0]["params"]]
    assert shapes == [(8, 8), (5, 8)]
    assert [group["weight_decay"] for group in optimizer.param_groups] == [0.1, 0.0]


def test_muon_update_of_a_matrix_is_near_orthogonal() -> None:
    model = net()
    optimizer = build_optimizer("muon", dict(model.named_parameters()), 1.0, 0.0)
    before = model["layer"].weight.detach().clone()  # type: ignore[index,union-attr]
    loss_of(model).backward()
    optimizer.step()
    update = before - model["layer"].weight.detach()  # type: ignore[index,union-attr]
    assert spread(update) < 2
    assert spread(model["layer"].weight.grad) > 3  # type: ignore[index,union-attr]


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_optimizer_learns_at_the_rate_of_its_groups(name: str) -> None:
    model = net()
    optimizer = build_optimizer(name, dict(model.named_parameters()), 0.0, 0.0)  # type: ignore[arg-type]
    first = loss_of(model)
    for rate in (0.0, 0.02, 0.02, 0.02):
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        loss_of(model).backward()
        optimizer.step()
        if rate == 0.0:
            assert loss_of(model) == first
    assert loss_of(model) < first


@pytest.mark.parametrize("name", ["adamw", "muon"])
def test_moments_made_before_the_first_update_change_nothing(name: str) -> None:
    weights = []
    for made in (False, True):
        model = net()
        optimizer = build_optimizer(name, dict(model.named_parameters()), 0.01, 0.01)  # type: ignore[arg-type]
        if made:
            kinds = {tuple(moments(optimizer, p)) for p in model.parameters()}
            assert len(kinds) == (2 if name == "muon" else 1)
        loss_of(model).backward()
        optimizer.step()
        weights.append(torch.cat([p.detach().flatten() for p in model.parameters()]))
    assert torch.equal(*weights)


def test_trained_in_order_follows_the_groups_or_else_the_model() -> None:
    model = net()
    names = {id(p): name for name, p in model.named_parameters()}
    own = build_optimizer("muon", dict(model.named_parameters()), 0.01, 0.0)
    assert trained_in_order(own, names) == ["layer.weight", "out.weight", "embed.weight", "layer.bias"]
    copies = torch.optim.AdamW([p.detach().clone().requires_grad_() for p in model.parameters()])
    assert trained_in_order(copies, names) == [name for name, _ in model.named_parameters()]


@pytest.mark.parametrize("changes", [{"zero": "zero2"}, {"precision": "bf16"}])
def test_muon_where_matrices_are_not_whole_is_refused(config: Make, changes: dict[str, str]) -> None:
    zero = changes.pop("zero", None)
    run = config(optimizer="muon", **changes)
    assert run.deepspeed.stem == "zero0"
    if zero is not None:
        run = run.model_copy(update={"deepspeed": Path(run.deepspeed).with_name(f"{zero}.json")})
    with pytest.raises(ConfigError, match="muon"):
        deepspeed_settings(run, 1)
