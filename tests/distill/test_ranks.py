"""Whole runs on real ranks: equal losses, resumed by other numbers of them, and what a failure leaves."""

import os
import resource
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

import vpd.distill.train_state as train_state
from tests.distill.real_ranks import on_ranks
from vpd.distill.config import TrainConfig
from vpd.distill.engine import Engine
from vpd.distill.loss import DistillationLoss
from vpd.distill.ranks import start_ranks
from vpd.distill.run_folder import read_json
from vpd.distill.train import train
from vpd.errors import ConfigError

Make = Callable[..., TrainConfig]
ZERO = Path(__file__).parents[2] / "infra" / "deepspeed"


def losses(config: TrainConfig) -> list[float]:
    """Train a run to its end and return its losses by step."""
    return [record["loss"] for record in train(config)["history"]]


def stop_at(config: TrainConfig, step: int) -> None:
    """Train a run until the step with this index begins."""
    at_step(step, stop)
    train(config)


def stop() -> None:
    raise KeyboardInterrupt


def at_step(step: int, act: Callable[[], None]) -> None:
    trained = Engine.step

    def acting(engine: Engine, number: int, *batches: Any) -> Any:
        if number == step:
            act()
        return trained(engine, number, *batches)

    Engine.step = acting  # type: ignore[method-assign] # in a process of its own


def killed_while_it_saves(config: TrainConfig, step: int) -> None:
    """Train a run; rank 0 is killed when the checkpoint of a step is written and not yet durable."""
    durable = train_state.make_durable

    def dying(folder: Path) -> None:
        if str(step) in folder.name:
            os.kill(os.getpid(), signal.SIGKILL)
        durable(folder)

    train_state.make_durable = dying
    train(config)


def with_full_disk(config: TrainConfig, step: int) -> None:
    """Train a run; from the step with this index on, rank 1 can write no file of more than a few bytes."""
    if os.environ["RANK"] == "1":
        at_step(step, lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)))
    train(config)


def with_full_disk_at_the_end(config: TrainConfig) -> None:
    """Train a run; when its weights are gathered for the export, no file can be written any more."""
    gathered = Engine.weights

    def filling(engine: Engine) -> Any:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
        return gathered(engine)

    Engine.weights = filling  # type: ignore[method-assign] # in a process of its own
    train(config)


def with_a_bad_gradient(config: TrainConfig) -> None:
    """Train a run in which the gradient of rank 1 is not a number, but every loss is."""
    forward = DistillationLoss.forward

    def spoiling(objective: DistillationLoss, batch: Any) -> dict[str, torch.Tensor]:
        found = forward(objective, batch)
        if os.environ["RANK"] == "1" and found["answer"].requires_grad:
            found["answer"].register_hook(lambda gradient: gradient * float("nan"))
        return found

    DistillationLoss.forward = spoiling  # type: ignore[method-assign] # in a process of its own
    train(config)


def checkpoints(config: TrainConfig) -> list[str]:
    return sorted(path.name for path in (config.output / "checkpoints").iterdir())


@pytest.mark.parametrize(
    ("zero", "precision", "ranks_after", "zero_after"),
    [
        ("zero0", "fp32", 1, "zero1"),
        ("zero2", "fp32", 4, "zero2"),
        ("zero3", "fp32", 1, "zero3"),
        ("muon", "fp32", 4, "zero0"),
        ("zero3-offload", "bf16", 1, "zero2-offload"),
    ],
)
def test_train_on_two_ranks_resumed_on_others_has_the_losses_of_one_rank(
    config: Make, tmp_path: Path, zero: str, precision: str, ranks_after: int, zero_after: str
) -> None:
    optimizer, zero = ("muon", "zero0") if zero == "muon" else ("adamw", zero)
    run = config(steps=3, precision=precision, optimizer=optimizer)
    alone = on_ranks(1, losses, run.model_copy(update={"output": tmp_path / "alone"}))[0].value
    two = config(
        **run.model_dump(include={"steps", "precision", "optimizer"}),
        deepspeed=ZERO / f"{zero}.json",
        hardware={"accumulation": 2},
    )
    stopped = on_ranks(2, stop_at, two, 2)
    assert [ended.error for ended in stopped] == ["KeyboardInterrupt"] * 2
    after = two.model_copy(
        update={"deepspeed": ZERO / f"{zero_after}.json", "hardware": run.hardware}  # no accumulation
    )
    resumed = on_ranks(ranks_after, losses, after)
    assert all(ended.value == resumed[0].value for ended in resumed)
    assert resumed[0].value == pytest.approx(alone, rel=1e-4 if precision == "fp32" else 2e-2)


def test_train_killed_while_it_saves_goes_on_from_the_checkpoint_before(config: Make, tmp_path: Path) -> None:
    whole = on_ranks(2, losses, config(output=tmp_path / "whole"))[0].value
    killed = on_ranks(2, killed_while_it_saves, config(), 4)
    assert killed[0].error == ""  # it could not say anything
    assert checkpoints(config())[:2] == ["step-00000003", "step-00000004.partial"]
    assert on_ranks(2, losses, config())[0].value == pytest.approx(whole)


def test_train_with_a_full_disk_stops_every_rank_and_keeps_the_checkpoint_before(
    config: Make, tmp_path: Path
) -> None:
    whole = on_ranks(2, losses, config(output=tmp_path / "whole", eval_questions=0))[0].value
    full = on_ranks(2, with_full_disk, config(eval_questions=0), 2)
    assert [ended.error for ended in full] == ["TrainingError"] * 2
    assert all("free" in ended.message and "step 2" in ended.message for ended in full)
    assert checkpoints(config()) == ["step-00000002"]
    assert on_ranks(2, losses, config(eval_questions=0))[0].value == pytest.approx(whole)


def test_train_with_a_full_disk_at_the_end_needs_only_to_export_when_started_again(config: Make) -> None:
    (full,) = on_ranks(1, with_full_disk_at_the_end, config())
    assert full.error == "TrainingError"
    assert "free" in full.message
    assert "step-00000006" in checkpoints(config())
    assert read_json(config().output / "training.json") is None
    (finished,) = on_ranks(1, stop_at, config(), 5)  # no step is trained
    assert finished.error == ""
    assert (config().output / "model" / "model.safetensors").exists()


def test_train_that_recomputes_activations_has_the_losses_of_one_that_keeps_them(
    config: Make, tmp_path: Path
) -> None:
    run = config(steps=2, deepspeed=ZERO / "zero3.json", output=tmp_path / "kept")
    kept = on_ranks(2, losses, run)[0].value
    again = config(**run.model_dump(include={"steps", "deepspeed"}), hardware={"recompute": True})
    assert on_ranks(2, losses, again)[0].value == pytest.approx(kept, rel=1e-4)


@pytest.mark.parametrize(
    ("zero", "precision"), [("zero0", "fp32"), ("zero0", "bf16"), ("zero2", "fp32"), ("zero3", "bf16")]
)
def test_train_with_a_gradient_that_is_not_finite_on_one_rank_stops_all(
    config: Make, zero: str, precision: str
) -> None:
    run = config(precision=precision, deepspeed=ZERO / f"{zero}.json", checkpoint_every=1)
    ended = on_ranks(2, with_a_bad_gradient, run)
    assert [rank.error for rank in ended] == ["TrainingError"] * 2
    assert all("gradient" in rank.message and "step 1" in rank.message for rank in ended)
    assert not list(run.output.glob("checkpoints/step-*"))


def test_start_ranks_with_a_port_in_use_names_it(config: Make) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        (ended,) = on_ranks(1, start_ranks, "cpu", MASTER_PORT=port)
    assert ended.error == "ConfigError"
    assert port in ended.message


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_train_without_the_gpu_that_is_demanded_is_refused(config: Make) -> None:
    with pytest.raises(ConfigError, match="cuda"):
        train(config(hardware={"device": "cuda"}))
    assert read_json(config().output / "run.json") is None
