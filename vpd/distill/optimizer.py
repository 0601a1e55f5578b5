"""The optimiser: PyTorch's AdamW, or Muon for matrices beside AdamW for the rest.

Muon takes the orthogonal factor of a matrix's momentum as its update (Jordan et al. 2024; the scale is Liu et
al.'s, arXiv 2502.16982, so that AdamW's learning rate serves both). A student built from nothing needs about
half the steps with it. It needs whole matrices: fp32 at ZeRO stage 0.

Not here: the learning rate (`vpd.distill.engine`).
"""

import torch
from torch import nn

from vpd.distill.config import OptimizerName

BETAS = (0.9, 0.98)

_ADAMW = ("exp_avg", "exp_avg_sq")
_MUON = ("momentum_buffer",)
_LOOKED_UP = ("embed", "lm_head", "position")  # tables: their rows are no linear maps


class MuonWithAdamW(torch.optim.Optimizer):
    """Muon for the weights of linear layers, AdamW without decay for everything else, as one optimiser."""

    def __init__(self, parameters: dict[str, nn.Parameter], lr: float, weight_decay: float) -> None:
        matrices = [p for name, p in parameters.items() if _is_matrix(name, p)]
        rest = [p for name, p in parameters.items() if not _is_matrix(name, p)]
        self.muon = torch.optim.Muon(
            matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        self.adamw = torch.optim.AdamW(rest, lr=lr, betas=BETAS, weight_decay=0.0, fused=True)
        super().__init__([*matrices, *rest], {"lr": lr})
        self.param_groups = [*self.muon.param_groups, *self.adamw.param_groups]
        self.muon.state = self.adamw.state = self.state

    def step(self) -> None:  # type: ignore[override]
        """Update all parameters by their gradients."""
        self.muon.step()  # type: ignore[no-untyped-call]
        self.adamw.step()


def build_optimizer(
    name: OptimizerName, parameters: dict[str, nn.Parameter], lr: float, weight_decay: float
) -> torch.optim.Optimizer:
    """Return the optimiser of these parameters by name."""
    if name == "muon":
        return MuonWithAdamW(parameters, lr, weight_decay)
    return torch.optim.AdamW(parameters.values(), lr=lr, betas=BETAS, weight_decay=weight_decay, fused=True)


def trained_in_order(optimizer: torch.optim.Optimizer, names: dict[int, str]) -> list[str]:
    """Return the names of parameters in the order of the optimiser's groups.

    `names` holds them by the parameters' `id`, in the order of the model, which is the order of an optimiser
    with copies of the parameters.
    """
    held = [id(p) for group in optimizer.param_groups for p in group["params"]]
    return [names[key] for key in held] if set(held) == set(names) else list(names.values())


def moments(optimizer: torch.optim.Optimizer, weight: torch.Tensor) -> dict[str, torch.Tensor]:
    """Return what the optimiser keeps of a weight, made as its first update would if it has not been."""
    muon = isinstance(optimizer, MuonWithAdamW) and any(
        weight is p for p in optimizer.muon.param_groups[0]["params"]
    )
    state = optimizer.state[weight]
    kinds = _MUON if muon else _ADAMW
    if not state:
        if not muon:
            state["step"] = torch.zeros((), device=weight.device)
        state.update({kind: torch.zeros_like(weight) for kind in kinds})
    return {kind: state[kind] for kind in kinds}


def updates(optimizer: torch.optim.Optimizer) -> int:
    """Return how many updates AdamW has made."""
    return max((int(state["step"]) for state in optimizer.state.values() if "step" in state), default=0)


def set_updates(optimizer: torch.optim.Optimizer, number: int) -> None:
    """Make AdamW go on as after that many updates; its moments must be there."""
    for state in optimizer.state.values():
        if "step" in state:
            state["step"].fill_(number)


def _is_matrix(name: str, parameter: nn.Parameter) -> bool:
    return parameter.ndim == 2 and not any(word in name for word in _LOOKED_UP)
