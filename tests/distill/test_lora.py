"""LoRA: which layers change, and that what is exported is what was trained."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from tests.distill.families import BUILDERS, build, questions
from vpd.distill.base import Vlm, load_base, load_student
from vpd.distill.collate import Batch, Collator
from vpd.distill.config import TrainConfig, fingerprint
from vpd.distill.export import export
from vpd.distill.lora import LoraConfig, linear_layers
from vpd.distill.loss import DistillationLoss
from vpd.distill.student import build_student
from vpd.distill.train import train
from vpd.errors import ConfigError

Make = Callable[..., TrainConfig]
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


@pytest.mark.parametrize("family", list(BUILDERS))
def test_linear_layers_are_those_of_attention_and_mlp_of_the_decoder(family: str) -> None:
    names = linear_layers(build(family).model, vision_tower=False)
    assert sorted(name.split(".")[-1] for name in names) == sorted(LAYERS * 2)
    assert all(".layers." in name and "vis" not in name for name in names)


def test_linear_layers_with_the_vision_tower_leave_the_output_layer_out() -> None:
    names = linear_layers(build("paligemma").model, vision_tower=True)
    assert any("vision_tower" in name for name in names)
    assert "lm_head" not in names


@pytest.fixture(params=["paligemma", "qwen3_vl"])
def base(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    build(request.param).save(tmp_path / "base")
    return tmp_path / "base"


def losses(vlm: Vlm, batch: Batch) -> dict[str, float]:
    with torch.no_grad():
        return {name: value.item() for name, value in DistillationLoss(vlm.model).eval()(batch).items()}


def taught(base: Path) -> tuple[Vlm, Batch]:
    """A base with LoRA, a few steps on a fixed batch."""
    vlm = load_base(str(base), LoraConfig(), seed=0)
    batch = Collator(vlm.processor)(questions())
    trainable = [p for p in vlm.model.parameters() if p.requires_grad]
    optimizer = torch.optim.AdamW(trainable, lr=1e-2)
    objective = DistillationLoss(vlm.model)
    for _ in range(5):
        optimizer.zero_grad()
        sum(objective(batch).values()).backward()
        optimizer.step()
    return vlm, batch


def test_lora_starts_where_the_base_is_and_changes_nothing_else(base: Path) -> None:
    plain = load_student(str(base))
    before = {name: tensor.clone() for name, tensor in plain.model.state_dict().items()}
    batch = Collator(plain.processor)(questions())
    fresh = load_base(str(base), LoraConfig(), seed=0)
    assert losses(fresh, batch) == pytest.approx(losses(plain, batch), abs=1e-6)
    vlm, _ = taught(base)
    assert losses(vlm, batch)["rationale"] < losses(plain, batch)["rationale"]
    trained = {name for name, p in vlm.model.named_parameters() if p.requires_grad}
    assert trained
    assert all(".lora_" in name for name in trained)
    after = {n.replace(".base_layer", ""): t for n, t in vlm.model.state_dict().items() if ".lora_" not in n}
    assert all(torch.equal(after[name], tensor) for name, tensor in before.items())


def test_export_of_lora_reads_back_merged_and_as_an_adapter(base: Path, tmp_path: Path) -> None:
    vlm, batch = taught(base)
    expected = losses(vlm, batch)
    weights = {name: tensor.clone() for name, tensor in vlm.model.state_dict().items()}
    export(vlm, weights, tmp_path / "model", batch, expected)
    for folder in (tmp_path / "model", tmp_path / "model" / "adapter"):
        assert losses(load_student(str(folder)), batch) == pytest.approx(expected, abs=1e-4)
    assert not any("lora" in name for name in load_file(tmp_path / "model" / "model.safetensors"))
    adapter = load_file(tmp_path / "model" / "adapter" / "adapter_model.safetensors")
    assert len(adapter) == 2 * 2 * len(LAYERS)
    assert all(8 in tensor.shape for tensor in adapter.values())


def test_load_an_adapter_on_another_model_is_refused(base: Path, tmp_path: Path) -> None:
    vlm, _ = taught(base)
    vlm.save(tmp_path / "adapter")
    build("idefics3").save(tmp_path / "other")
    file = tmp_path / "adapter" / "adapter_config.json"
    file.write_text(
        json.dumps(json.loads(file.read_text()) | {"base_model_name_or_path": str(tmp_path / "other")})
    )
    with pytest.raises(ConfigError, match="of another model"):
        load_student(str(tmp_path / "adapter"))


def test_lora_without_a_base_is_refused(config: Make) -> None:
    with pytest.raises(ValueError, match="base"):
        config(lora={})


def test_fingerprint_of_a_run_without_lora_is_what_it_was_and_with_it_another(config: Make) -> None:
    plain = config(base="b")
    assert "lora" not in plain.method()
    assert fingerprint(config(base="b", lora={}), {}) != fingerprint(plain, {})
    assert fingerprint(config(base="b", lora={"rank": 4}), {}) != fingerprint(config(base="b", lora={}), {})


@pytest.mark.usefixtures("ranks")
@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_train_with_lora_exports_a_better_model_than_its_base(
    config: Make, tmp_path: Path, precision: str
) -> None:
    build_student(config().student, ["How many red cubes are there?"], 0).save(tmp_path / "base")
    report = train(config(base=str(tmp_path / "base"), lora={}, lr=1e-2, precision=precision))
    assert report["final"]["val_rationale"] < report["history"][2]["val_rationale"]
    assert load_student(str(tmp_path / "run" / "model" / "adapter")).model.config.model_type == "llava"


@pytest.mark.usefixtures("ranks")
@pytest.mark.parametrize("family", ["paligemma2", "qwen2_5_vl"])
def test_train_a_base_of_another_family_and_export_it(config: Make, tmp_path: Path, family: str) -> None:
    build(family).save(tmp_path / "base")
    report = train(config(base=str(tmp_path / "base")))
    assert report["final"]["val_answer"] < report["history"][2]["val_answer"]
    assert load_student(str(tmp_path / "run" / "model")).model.config.model_type == family.rstrip("2")
