import pytest

from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.scenes.questions import is_held_out
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.sources import SourceSpec, find_spec, open_source, register, shard_names, source_of
from vpd.errors import ConfigError
from vpd.records import IMAGES, QUESTIONS, SCENE_TRUTH
from vpd.store import ArtifactStore


def test_scenes_fill_pictures_truth_and_questions(store: ArtifactStore) -> None:
    spec = register(store, scenes_spec("demo", 2, images=12))
    for shard in shard_names(spec):
        ingest_images(store, shard)
        ingest_questions(store, shard)
        assert not ingest_images(store, shard).computed
        assert not ingest_questions(store, shard).computed
    images = [i for shard in shard_names(spec) for i in IMAGES.rows(store.read_shard(IMAGES, shard))]
    questions = [q for s in shard_names(spec) for q in QUESTIONS.rows(store.read_shard(QUESTIONS, s))]
    assert len(images) == len({i.image_id for i in images}) == 12
    assert sum(store.read_shard(SCENE_TRUTH, s).height for s in shard_names(spec)) == 12
    assert len(questions) >= 12 * 6
    splits = {i.image_id: i.split for i in images}
    for question in questions:
        assert question.split == splits[question.image_id]
        assert question.held_out_text == is_held_out(question.text)
        assert not question.held_out_text or question.split == "test"


def test_same_scenes_under_two_names_agree_on_splits(store: ArtifactStore) -> None:
    splits = []
    for name in ("one", "two"):
        source = open_source(scenes_spec(name, 1, images=50, seed=3), store)
        splits.append([image.split for image in source.images(0)])
    assert splits[0] == splits[1]
    assert {"train", "test"} <= set(splits[0])


def test_register_fills_defaults_and_names_what_differs(store: ArtifactStore) -> None:
    register(store, SourceSpec("demo", "scenes", 4, {"images": 10}))
    assert find_spec(store, "demo").options["level"] == "easy"
    with pytest.raises(ConfigError, match="images is 10, not 11"):
        register(store, scenes_spec("demo", 4, images=11))
    with pytest.raises(ConfigError, match="demo"):
        find_spec(store, "other")


@pytest.mark.parametrize("options", [{"level": "hard"}, {"images": 0}, {"colour": 1}])
def test_wrong_options_are_a_config_error(store: ArtifactStore, options: dict[str, object]) -> None:
    with pytest.raises(ConfigError):
        register(store, SourceSpec("demo", "scenes", 1, options))


@pytest.mark.parametrize(("name", "shards"), [("", 1), ("a/b", 1), ("..", 1), ("a", 0), ("a", 1001)])
def test_wrong_name_or_shards_are_a_config_error(name: str, shards: int) -> None:
    with pytest.raises(ConfigError):
        scenes_spec(name, shards)


def test_unknown_shard_is_a_config_error(store: ArtifactStore) -> None:
    register(store, scenes_spec("my-demo", 2))
    assert source_of("my-demo-001") == "my-demo"
    with pytest.raises(ConfigError, match="my-demo-002"):
        ingest_images(store, "my-demo-002")
