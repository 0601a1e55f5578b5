from pathlib import Path

import pytest

from tests.distill.conftest import TINY
from vpd.distill.base import load_student
from vpd.distill.pretrain import PretrainConfig, pretrain
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

CONFIG = PretrainConfig(pictures=3, steps=2, batch_size=4, ranks=1, student=TINY)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("base")
    pretrain(folder, CONFIG)
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
    assert frame["image_id"].n_unique() == CONFIG.pictures
    assert not frame["prompt"].str.contains("?", literal=True).any()


def test_pretrain_again_makes_nothing_new(made: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    pretrain(made, CONFIG)
    after = {path: path.stat().st_mtime_ns for path in made.rglob("*") if path.is_file()}
    assert {p.relative_to(made) for p in after} == {p.relative_to(made) for p in before}
    assert (
        after[made / "run" / "model" / "model.safetensors"]
        == before[made / "run" / "model" / "model.safetensors"]
    )
