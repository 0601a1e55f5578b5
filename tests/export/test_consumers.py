"""Every form read back by who it is for. Nothing is loaded from a network: models and tokenizers are tiny."""

import json
from pathlib import Path
from typing import Any

import datasets
import polars as pl
import pytest
from PIL import Image
from transformers import LlamaConfig, LlamaForCausalLM, LlavaProcessor, PreTrainedTokenizerFast

from vpd.distill.config import StudentConfig
from vpd.distill.student import build_student, train_tokenizer
from vpd.export.folder import Export

TEMPLATE = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}<eos>{% endfor %}"
pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")


@pytest.fixture
def load(exported: Export, tmp_path: Path) -> Any:
    """Load a table of the export with `datasets`."""
    return lambda *name: datasets.load_dataset(str(exported.folder), *name, cache_dir=str(tmp_path / "cache"))


@pytest.fixture
def tokenizer(exported: Export) -> PreTrainedTokenizerFast:
    found = train_tokenizer([(exported.folder / "README.md").read_text(encoding="utf-8")], 400)
    found.chat_template = TEMPLATE
    return found


@pytest.fixture
def processor() -> LlavaProcessor:
    config = StudentConfig(image_size=24, patch_size=12, hidden_size=32, vision_layers=1, text_layers=1)
    return build_student(config, ["I find a cube at [1 2 3 4]. The answer is 2."] * 2, seed=0).processor


def test_polars_reads_examples_with_plain_texts(exported: Export) -> None:
    frame = pl.read_parquet(exported.folder / "data/default/*.parquet")
    assert frame.height == sum(exported.rows["default"].values())
    rationales = frame.filter(pl.col("mode") == "rationale")
    assert rationales["response"].str.ends_with(".").all()
    assert frame["question"].str.len_chars().min() > 0


def test_datasets_reads_every_configuration_with_its_splits(exported: Export, load: Any) -> None:
    assert set(datasets.get_dataset_config_names(str(exported.folder))) == set(exported.rows)
    for name, splits in exported.rows.items():
        assert {split: rows.num_rows for split, rows in load(name).items()} == splits


def test_datasets_reads_examples_by_default_and_decodes_pictures(load: Any) -> None:
    examples = load()
    assert set(examples) == {"train", "test", "dev_odd"}
    assert examples["train"][0]["images"][0].size == (100, 100)


def test_trl_sft_collates_chat_lines_and_their_pictures(
    exported: Export, processor: LlavaProcessor, tmp_path: Path
) -> None:
    from trl.data_utils import is_conversational, prepare_multimodal_messages
    from trl.trainer.sft_trainer import DataCollatorForVisionLanguageModeling

    file = str(exported.folder / "chat/train.jsonl")
    lines = datasets.load_dataset("json", data_files=file, cache_dir=str(tmp_path / "cache"))["train"]
    rows = [dict(row) for row in lines.select([0, 1])]
    assert all(is_conversational(row) for row in rows)
    for row in rows:
        row["images"] = [Image.open(exported.folder / path) for path in row["images"]]
    prepared = prepare_multimodal_messages(rows[0]["messages"], images=rows[0]["images"])
    assert processor.apply_chat_template(prepared, tokenize=False).count("<image>") == 1
    batch = DataCollatorForVisionLanguageModeling(processor)(rows)
    assert batch["pixel_values"].shape[0] == 2
    assert rows[0]["messages"][1]["content"][0]["text"] in processor.decode(batch["input_ids"][0])


def test_trl_dpo_trains_on_pairs_of_programs(
    load: Any, tokenizer: PreTrainedTokenizerFast, tmp_path: Path
) -> None:
    from trl import DPOConfig, DPOTrainer

    pairs = load("preferences-programs")["train"]
    config = LlamaConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        intermediate_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        pad_token_id=tokenizer.pad_token_id,
    )
    args = DPOConfig(
        output_dir=str(tmp_path / "dpo"),
        per_device_train_batch_size=2,
        max_steps=1,
        report_to=[],
        use_cpu=True,
        bf16=False,
        save_strategy="no",
        disable_tqdm=True,
        gradient_checkpointing=False,
    )
    model, reference = LlamaForCausalLM(config), LlamaForCausalLM(config)
    trainer = DPOTrainer(model, reference, args, train_dataset=pairs, processing_class=tokenizer)
    row = trainer.train_dataset[0]
    assert tokenizer.decode(row["chosen_ids"]).strip().startswith(("def execute_command", "<assistant>def"))
    assert "How many" in tokenizer.decode(row["prompt_ids"])
    assert trainer.train().training_loss > 0


def test_trl_dpo_collates_pairs_of_rationales_with_pictures(load: Any, processor: LlavaProcessor) -> None:
    from trl.trainer.dpo_trainer import DataCollatorForVisionPreference

    rows = [dict(row) for row in load("preferences-rationales")["train"].select([0, 1])]
    batch = DataCollatorForVisionPreference(processor)(rows)
    assert batch["pixel_values"].shape[0] == 4  # a chosen and a rejected text for each picture
    texts = processor.batch_decode(batch["input_ids"])
    assert "The answer is 2." in texts[0]
    assert "The answer is 1." in texts[2]


def test_trl_prm_labels_the_end_of_every_step(
    load: Any, tokenizer: PreTrainedTokenizerFast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TRL_EXPERIMENTAL_SILENCE", "1")  # it warns that this trainer may change
    from trl.experimental.prm import PRMTrainer

    for row in load("steps")["train"]:
        tokens = PRMTrainer.tokenize_row(
            row, tokenizer, "\n", None, None, train_on_last_step_only=False, is_eval=False
        )
        assert [bool(label) for label in tokens["labels"] if label != -100] == row["labels"]


def test_llamafactory_rules_are_followed(exported: Export) -> None:
    """By its documentation of `sharegpt` data: its package excludes the transformers used here."""
    info = json.loads((exported.folder / "dataset_info.json").read_text())
    assert set(info) == {"vpd_train", "vpd_test", "vpd_dev_odd"}
    for entry in info.values():
        lines = (exported.folder / entry["file_name"]).read_text(encoding="utf-8").splitlines()
        for row in map(json.loads, lines):
            contents = [m[entry["tags"]["content_tag"]] for m in row[entry["columns"]["messages"]]]
            assert [m["role"] for m in row["messages"]] == ["user", "assistant"]
            assert sum(c.count("<image>") for c in contents) == len(row["images"]) == 1
            assert (exported.folder / row["images"][0]).exists()
