"""Whole preference stages: what they do, what interrupts them, and what is refused."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.distill.preferring import OF_SHARD, SHARDS, TRAINED, blank_student, stage
from tests.distill.real_ranks import on_ranks
from tests.distill.test_train import stop_at
from tests.export.conftest import Fill, fill, runs  # noqa: F401  fixtures
from vpd.cli import prefer
from vpd.distill.checkpoint import find_run, publish_run
from vpd.distill.config import TrainConfig
from vpd.distill.plot import loss_curves
from vpd.distill.preference_stage import after_run
from vpd.distill.train import train
from vpd.errors import ConfigError, StoreError, TrainingError
from vpd.records import VERDICTS
from vpd.store import ArtifactStore

pytestmark = [
    pytest.mark.usefixtures("ranks"),
    pytest.mark.filterwarnings("ignore:`torch.distributed:FutureWarning"),  # DeepSpeed's ZeRO-3
]
Make = Callable[..., TrainConfig]
ZERO3 = Path(__file__).parents[2] / "infra" / "deepspeed" / "zero3.json"


@pytest.fixture
def store(fill: Fill) -> ArtifactStore:  # noqa: F811
    return fill(*OF_SHARD)


@pytest.fixture
def make(store: ArtifactStore, tmp_path: Path) -> Make:
    base = blank_student(tmp_path / "start")
    return lambda output="run", **changes: stage(store.uri, base, tmp_path / output, **changes)


def test_stage_raises_the_margin_of_pairs_it_was_not_trained_on(make: Make) -> None:
    report = train(make(steps=8))
    first, last = report["history"][0], report["final"]
    assert report["train_questions"] == TRAINED
    assert (first["preference"], first["margin"]) == (
        pytest.approx(math.log(2), abs=1e-4),
        pytest.approx(0, abs=1e-4),
    )
    assert last["val_margin"] > 0.1
    assert last["val_preference"] < math.log(2)
    assert last["val_reward_accuracy"] > 0.5
    assert last["loss"] == last["preference"]
    assert {"chosen", "rejected", "val_chosen", "val_rejected"} <= set(last)
    assert loss_curves({"student": report["history"]}).startswith(b"\x89PNG")


def test_stage_interrupted_and_resumed_equals_uninterrupted(
    make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = train(make("whole"))
    with monkeypatch.context() as patch:
        stop_at(patch, 5)
        with pytest.raises(KeyboardInterrupt):
            train(make())
    resumed = train(make())
    for name in ("loss", "margin"):
        assert [r[name] for r in resumed["history"]] == pytest.approx(
            [r[name] for r in whole["history"]], abs=1e-5
        )
    expected, found = (load_file(tmp_path / run / "model" / "model.safetensors") for run in ("whole", "run"))
    for name, tensor in expected.items():
        torch.testing.assert_close(found[name], tensor)


def test_stage_whose_loss_is_not_finite_stops(make: Make) -> None:
    with pytest.raises(TrainingError, match="step"):
        train(make(lr=1e20, warmup=0))


def test_stage_with_lora_starts_at_the_student_and_exports_it_merged(make: Make, tmp_path: Path) -> None:
    report = train(make(lora={"rank": 2}, steps=2))
    assert report["history"][0]["margin"] == pytest.approx(0, abs=1e-4)
    assert (tmp_path / "run" / "model" / "adapter" / "adapter_model.safetensors").exists()


def losses(config: TrainConfig) -> list[float]:
    return [record["loss"] for record in train(config)["history"]]


def test_stage_on_two_ranks_with_zero3_has_the_losses_of_one(make: Make) -> None:
    alone = train(make("alone", steps=3))
    together = on_ranks(2, losses, make("together", steps=3, deepspeed=ZERO3))
    for ended in together:
        assert ended.value == pytest.approx([r["loss"] for r in alone["history"]], rel=1e-3), ended.trace


def finished(store: ArtifactStore, folder: Path, **changes: Any) -> dict[str, Any]:
    """Publish what looks like a finished first stage, with the model of a blank student."""
    from vpd.distill.data import digests
    from vpd.distill.run_folder import write_json

    blank_student(folder / "model")
    config = {"seed": 3, "shards": SHARDS, "lora": None, "precision": "fp32"}
    report = {"arm": "student", "fingerprint": "ab" * 32, "config": config, "digests": digests(store, SHARDS)}
    write_json(folder / "training.json", report | changes)
    return publish_run(store, folder)


def test_stage_after_a_run_is_a_run_of_its_own_that_leads_to_the_first(
    store: ArtifactStore, tmp_path: Path
) -> None:
    first = finished(store, tmp_path / "first")
    config = after_run(store, first, tmp_path, steps=2, batch_size=2)
    assert (config.base, config.seed, config.shards) == (f"run:{first['run_id']}", 3, SHARDS)
    train(config)
    second = publish_run(store, config.output)
    assert config.output.name == second["run_id"] != first["run_id"]
    assert find_run(store, second["run_id"])["config"]["base"] == f"run:{first['run_id']}"
    assert second["digests"] == first["digests"]


def test_stage_is_another_run_when_its_method_or_its_verdicts_change(
    store: ArtifactStore, tmp_path: Path
) -> None:
    first = finished(store, tmp_path / "first")

    def name(**settings: Any) -> str:
        return after_run(store, first, tmp_path, **settings).output.name

    once = name()
    assert name(log_every=7) == once
    assert name(preference={"beta": 0.5}) != once
    store.write_shard(VERDICTS, SHARDS[0], store.read_shard(VERDICTS, SHARDS[0]).reverse(), "changed")
    assert name() != once


def test_stage_after_the_twin_is_refused(store: ArtifactStore, tmp_path: Path) -> None:
    twin = finished(store, tmp_path / "twin", arm="instruct")
    with pytest.raises(ConfigError, match="instruct"):
        after_run(store, twin, tmp_path)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"base": None}, "base"),
        ({"arm": "instruct"}, "arm"),
        ({"export": "best"}, "export"),
        ({"preference": {"beta": 0}}, "beta"),
        ({"preference": {"gamma": 1}}, "gamma"),
        ({"mixture": {"made": 1.0}}, "mixture"),
    ],
)
def test_stage_with_a_wrong_setting_is_refused(tmp_path: Path, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        stage("store", "base", tmp_path, **changes)


def test_stage_from_a_folder_without_a_model_is_refused(make: Make, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="empty"):
        train(make(base=str(tmp_path / "empty")))


@pytest.fixture
def home(store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VPD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("VPD_STORE", store.uri)
    return tmp_path / "home"


@pytest.mark.slow
def test_prefer_trains_the_stage_of_a_run_folder_into_the_store(
    home: Path, store: ArtifactStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = finished(store, tmp_path / "first")
    prefer.command(str(tmp_path / "first"), steps=1, ranks=1)
    name = capsys.readouterr().out.strip().splitlines()[-1].partition(":")[0]
    assert find_run(store, name)["config"]["base"] == f"run:{first['run_id']}"
    assert (home / "runs" / name / "model" / "config.json").exists()


def test_prefer_of_nothing_trained_is_refused(home: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="student-nowhere"):
        prefer.command("student-nowhere")
    with pytest.raises(ConfigError, match=r"training\.json"):
        prefer.command(str(tmp_path))


def test_runs_without_the_stage_keep_their_fingerprint(tmp_path: Path) -> None:
    plain = TrainConfig(store="s", shards=SHARDS, arm="student", output=tmp_path)
    assert "preference" not in plain.method()
