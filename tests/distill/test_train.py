"""A whole training run on one rank: its report, its model, and what interruptions do to it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.distill.conftest import examples
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples
from vpd.distill.engine import Engine
from vpd.distill.run_folder import RunFolder
from vpd.distill.train import train
from vpd.errors import ConfigError, DataError, MissingShardError, StoreError, TrainingError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

pytestmark = [
    pytest.mark.usefixtures("ranks"),
    pytest.mark.filterwarnings("ignore:`torch.distributed:FutureWarning"),  # DeepSpeed's ZeRO-3
]
Make = Callable[..., TrainConfig]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model" / "model.safetensors")


def stop_at(monkeypatch: pytest.MonkeyPatch, step: int) -> None:
    trained = Engine.step

    def stopping(self: Engine, number: int, *batches: Any) -> Any:
        if number == step:
            raise KeyboardInterrupt
        return trained(self, number, *batches)

    monkeypatch.setattr(Engine, "step", stopping)


def test_train_writes_a_report_with_losses_of_every_step(config: Make, tmp_path: Path) -> None:
    report = train(config())
    assert report == json.loads((tmp_path / "run" / "training.json").read_text())
    assert [record["step"] for record in report["history"]] == [1, 2, 3, 4, 5, 6]
    assert {"answer", "rationale", "val_answer", "val_rationale", "val_accuracy"} <= set(report["final"])
    assert report["train_questions"] == 24


def test_train_the_instruct_arm_has_no_rationale_loss(config: Make) -> None:
    report = train(config(arm="instruct"))
    assert all("rationale" not in record and "answer" in record for record in report["history"])


def test_train_interrupted_and_resumed_equals_uninterrupted(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(config(output=tmp_path / "whole"))
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            train(config())
    (tmp_path / "run" / "checkpoints" / "step-00000006.partial").mkdir()
    resumed = train(config())
    assert [r["loss"] for r in resumed["history"]] == pytest.approx([r["loss"] for r in whole["history"]])
    expected, found = weights(tmp_path / "whole"), weights(tmp_path / "run")
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor)


def test_train_again_when_finished_does_nothing(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = train(config())
    stop_at(monkeypatch, 0)
    assert train(config(log_every=1)) == first


def test_train_into_the_output_of_another_configuration_is_refused(
    config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_at(monkeypatch, 3)
    with pytest.raises(KeyboardInterrupt):
        train(config())
    with pytest.raises(ConfigError, match="lr"):
        train(config(lr=0.5))


def test_train_a_loss_that_is_not_finite_stops_with_its_step(config: Make) -> None:
    with pytest.raises(TrainingError, match="step"):
        train(config(lr=1e20, warmup=0))


def test_train_on_a_missing_shard_names_it(config: Make) -> None:
    with pytest.raises(MissingShardError, match="made-007"):
        train(config(shards=["made-000", "made-007"]))


def test_train_with_deepspeed_settings_of_ours_is_refused(config: Make, tmp_path: Path) -> None:
    (tmp_path / "zero.json").write_text('{"optimizer": {"type": "Adam"}}')
    with pytest.raises(ConfigError, match="optimizer"):
        train(config(deepspeed=tmp_path / "zero.json"))


@pytest.mark.parametrize("stage", ["zero0", "zero3"])
def test_train_with_another_zero_stage_gives_the_same_losses(
    config: Make, tmp_path: Path, stage: str
) -> None:
    standard = train(config(output=tmp_path / "zero2", steps=3))
    other = train(config(deepspeed=config().deepspeed.with_name(f"{stage}.json"), steps=3))
    assert [r["loss"] for r in other["history"]] == pytest.approx(
        [r["loss"] for r in standard["history"]], rel=1e-3
    )


@pytest.mark.parametrize("zero", ["zero2", "zero2-offload", "zero3-offload"])
def test_train_compiles_nothing(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, zero: str
) -> None:
    built = tmp_path / "extensions"
    built.mkdir()
    monkeypatch.setenv("TORCH_EXTENSIONS_DIR", str(built))
    train(config(steps=1, deepspeed=config().deepspeed.with_name(f"{zero}.json")))
    assert list(built.iterdir()) == []


def test_train_from_a_base_starts_with_its_weights(config: Make, tmp_path: Path) -> None:
    train(config(output=tmp_path / "base"))
    train(config(base=str(tmp_path / "base" / "model"), lr=1e-12, steps=1))
    expected, found = weights(tmp_path / "base"), weights(tmp_path / "run")
    assert all(torch.allclose(found[name], tensor, atol=1e-6) for name, tensor in expected.items())


def test_train_while_another_process_trains_there_is_refused(config: Make) -> None:
    folder = RunFolder(config(), Examples.of(config()).survey())
    with folder.claim(), pytest.raises(ConfigError, match="another process"):
        train(config())


def test_train_into_a_folder_that_cannot_be_written_is_a_store_error(config: Make, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match="file"):
        train(config(output=tmp_path / "file" / "run"))


def test_train_in_bf16_learns_and_exports_bf16(config: Make, tmp_path: Path) -> None:
    report = train(config(precision="bf16"))
    assert {tensor.dtype for tensor in weights(tmp_path / "run").values()} == {torch.bfloat16}
    assert report["final"]["answer"] < report["history"][0]["answer"]


def embedding(found: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return the decoder's embedding, whose name is another one in an exported model."""
    return next(tensor for name, tensor in found.items() if name.endswith("embed_tokens.weight"))


def judged(monkeypatch: pytest.MonkeyPatch, accuracies: list[float]) -> list[dict[str, torch.Tensor]]:
    """Give validations these accuracies, one after the other, and return the weights that each had."""
    seen: list[dict[str, torch.Tensor]] = []

    def evaluate(engine: Engine, batches: Any) -> dict[str, float]:
        seen.append(engine.weights())
        return {"answer": 1.0, "accuracy": accuracies[len(seen) - 1]}

    monkeypatch.setattr(Engine, "evaluate", evaluate)
    return seen


def test_train_keeps_the_best_and_the_last_checkpoint_and_no_other(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(monkeypatch, [0.2, 0.9, 0.1, 0.1, 0.1])
    stop_at(monkeypatch, 5)
    with pytest.raises(KeyboardInterrupt):
        train(config(eval_every=1, checkpoint_every=2))
    assert sorted(p.name for p in (tmp_path / "run" / "checkpoints").iterdir()) == [
        "step-00000002",
        "step-00000004",
    ]


@pytest.mark.parametrize(("export", "validation", "step"), [("best", 1, 4), ("last", 2, 6)])
def test_train_exports_the_step_it_is_told_to(
    config: Make,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    export: str,
    validation: int,
    step: int,
) -> None:
    seen = judged(monkeypatch, [0.2, 0.9, 0.1])
    report = train(config(eval_every=2, export=export))
    assert (report["best_step"], report["exported_step"]) == (4, step)
    torch.testing.assert_close(embedding(weights(tmp_path / "run")), embedding(seen[validation]))
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_train_to_export_the_best_of_an_empty_val_split_is_refused(
    config: Make, store: ArtifactStore, tmp_path: Path
) -> None:
    rows = EXAMPLES.frame(examples(store, 21, "train"))
    store.write_shard(EXAMPLES, "made-002", rows, "made")
    with pytest.raises(DataError, match="val"):
        train(config(shards=["made-002"], export="best"))
    last = config(shards=["made-002"], steps=1, output=tmp_path / "last")
    assert train(last)["best_step"] is None


def test_train_that_diverges_stops_and_leaves_a_checkpoint(config: Make, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="diverged"):
        train(config(lr=1.0, warmup=0, divergence={"factor": 1.5, "patience": 2}))
    assert list((tmp_path / "run" / "checkpoints").glob("step-*"))


def test_train_in_parts_has_the_losses_of_whole_batches(config: Make, tmp_path: Path) -> None:
    whole = train(config(output=tmp_path / "whole"))
    parts = train(config(hardware={"accumulation": 4}))
    assert [r["loss"] for r in parts["history"]] == pytest.approx(
        [r["loss"] for r in whole["history"]], rel=1e-4
    )
    assert [r["gradient"] for r in parts["history"]] == pytest.approx(
        [r["gradient"] for r in whole["history"]], rel=1e-3
    )


def test_train_in_parts_that_a_batch_has_not_is_refused(config: Make) -> None:
    with pytest.raises(ConfigError, match="batch_size"):
        train(config(hardware={"accumulation": 3}))


def test_train_with_lora_interrupted_and_resumed_equals_uninterrupted(
    config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train(config(output=tmp_path / "base", steps=2))
    lora = {"base": str(tmp_path / "base" / "model"), "lora": {"rank": 2}}
    whole = train(config(output=tmp_path / "whole", **lora))
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            train(config(**lora))
    resumed = train(config(**lora))
    assert [r["loss"] for r in resumed["history"]] == pytest.approx([r["loss"] for r in whole["history"]])
    assert resumed["history"][-1]["loss"] != resumed["history"][4]["loss"]
