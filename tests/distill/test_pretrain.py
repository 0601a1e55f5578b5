from pathlib import Path

import pytest
from typer.testing import CliRunner

from vpd.cli import app
from vpd.distill.base import load_student
from vpd.distill.pretrain import FOLDER, PretrainConfig, load_base_settings, pretrain
from vpd.distill.recorded import FOLDER as RECORDED
from vpd.errors import ConfigError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

TINY = """
pictures = 3
steps = 2
batch_size = 4
ranks = 1

[student]
image_size = 24
patch_size = 12
hidden_size = 32
vision_layers = 1
text_layers = 1
"""


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("settings") / "tiny.toml"
    file.write_text(TINY)
    return file


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, config: Path) -> Path:
    folder = tmp_path_factory.mktemp("base")
    told = CliRunner().invoke(app, ["pretrain", str(folder), "--base", str(config)], catch_exceptions=False)
    assert told.exit_code == 0
    assert str(folder / "run" / "model") in told.output.replace("\n", "")
    return folder


def test_pretrain_gives_a_model_that_a_training_can_start_from(made: Path) -> None:
    base = load_student(str(made / "run" / "model"))
    blank = load_student(str(made / "blank"))
    assert base.processor.tokenizer.get_vocab() == blank.processor.tokenizer.get_vocab()
    moved = [
        not (a == b).all() for a, b in zip(base.model.parameters(), blank.model.parameters(), strict=True)
    ]
    assert any(moved)


def test_pretrain_tokenizer_knows_the_words_of_questions_and_rationales_whole(made: Path) -> None:
    tokenizer = load_student(str(made / "blank")).processor.tokenizer
    for word in (" many", " left", " Explain", " find", " answer", " sphere"):
        assert len(tokenizer.tokenize(word)) == 1, word


def test_pretrain_captions_are_no_questions_and_of_pictures_of_their_own(made: Path) -> None:
    [shard] = ArtifactStore.open(str(made / "store")).shards(EXAMPLES)
    frame = ArtifactStore.open(str(made / "store")).read_shard(EXAMPLES, shard)
    assert set(frame["family"]) == {"describe", "name", "find"}
    assert frame["image_id"].n_unique() == 3
    assert not frame["prompt"].str.contains("?", literal=True).any()


def test_pretrain_again_makes_nothing_new(made: Path, config: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    pretrain(made, load_base_settings(str(config)))
    after = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    assert {p.relative_to(made) for p in after} == {p.relative_to(made) for p in before}
    assert (
        after[made / "run" / "model" / "model.safetensors"]
        == before[made / "run" / "model" / "model.safetensors"]
    )


def test_every_base_that_is_recorded_is_one_that_can_be_made() -> None:
    named = {file.stem: load_base_settings(file.stem) for file in FOLDER.glob("*.toml")}
    assert {path.parent.name for path in RECORDED.glob("*/config.json")} <= set(named)
    assert named["easy-boxes"] == PretrainConfig()
    assert named["easy-points"] == PretrainConfig(notation="points")


def test_base_that_is_not_known_is_refused_with_those_that_are() -> None:
    with pytest.raises(ConfigError, match="easy-boxes, easy-points, full-boxes"):
        load_base_settings("hard-boxes")


def test_base_with_a_wrong_field_is_refused_by_file_and_field(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text("[student]\npatch_size = 3\n")
    with pytest.raises(ConfigError, match=r"b\.toml: student\.patch_size"):
        load_base_settings(str(tmp_path / "b.toml"))
