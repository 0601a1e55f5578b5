import re
from dataclasses import replace
from pathlib import Path

import pytest
from huggingface_hub import DatasetCard

from tests.export.conftest import OF_SHARD, SHARDS, Fill
from vpd.export.card import card_text
from vpd.export.folder import Export, export_dataset
from vpd.export.origin import Origin, collect_origin
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore


@pytest.fixture
def origin(store: ArtifactStore) -> Origin:
    return collect_origin(store, SHARDS)


def test_collect_origin_counts_rows_over_shards(origin: Origin, store: ArtifactStore) -> None:
    assert (origin.pictures, origin.questions, origin.unlabelled) == (5, 10, 2)
    assert sum(count.examples for count in origin.examples) == sum(
        store.manifest(EXAMPLES, shard).rows for shard in SHARDS
    )
    assert origin.models == {"model-a": 18}
    assert origin.prompts == 7
    [seed] = {source.seed for source in origin.sources}
    assert seed == "7"


def test_collect_origin_yields_are_by_policy_and_family(origin: Origin) -> None:
    yields = {
        (y.policy, y.family): (y.candidates, y.kept, y.questions, y.kept_questions) for y in origin.yields
    }
    assert yields == {
        ("agreement@1", "count"): (5, 1, 2, 1),
        ("label@1", "count"): (15, 5, 6, 5),
        ("label@1", "exist"): (2, 1, 1, 1),
    }


def test_collect_origin_version_follows_the_data(origin: Origin, store: ArtifactStore) -> None:
    assert collect_origin(store, SHARDS).version == origin.version
    rows = EXAMPLES.rows(store.read_shard(EXAMPLES, SHARDS[0]))
    store.write_shard(EXAMPLES, SHARDS[0], EXAMPLES.frame(rows[1:]), "g")
    assert collect_origin(store, SHARDS).version != origin.version


def test_collect_origin_licence_is_taken_from_the_source_if_it_has_one(store: ArtifactStore) -> None:
    document = store.get_document("sources/made")
    assert document is not None
    document["options"]["licence"] = "CC-BY-4.0"
    store.put_document("sources/made", document)
    assert [source.licence for source in collect_origin(store, SHARDS).sources] == ["CC-BY-4.0"]


def test_card_names_what_the_data_was_made_with(exported: Export) -> None:
    card = DatasetCard.load(exported.folder / "README.md")
    origin = exported.origin
    for name in (*origin.policies, *origin.scorers, *origin.tools, *origin.renderers, origin.checker):
        assert name in card.text
    assert origin.version in card.text
    assert "model-a" in card.text
    assert re.search(r"made \| scenes \| not stated \| 7", card.text)


def test_card_front_matter_lists_configurations_whose_files_are_there(exported: Export) -> None:
    data = DatasetCard.load(exported.folder / "README.md").data.to_dict()
    assert [c["config_name"] for c in data["configs"] if c["default"]] == ["default"]
    for config in data["configs"]:
        for files in config["data_files"]:
            assert list(exported.folder.glob(files["path"]))


def test_card_without_tables_speaks_of_examples_alone(origin: Origin) -> None:
    text = card_text(origin)
    assert "load_dataset" not in text
    assert "| train | rationale | count | 4 |" in text


def test_card_names_with_signs_of_markdown_stay_in_their_cell(origin: Origin) -> None:
    [first, *rest] = origin.examples
    text = card_text(replace(origin, examples=(replace(first, family="a|b\nc"), *rest)))
    assert "| a\\|b c |" in text


def test_card_of_the_same_data_is_the_same(fill: Fill, tmp_path: Path) -> None:
    store = fill(*OF_SHARD)
    first, second = (export_dataset(store, SHARDS, tmp_path / name) for name in ("a", "b"))
    assert (first.folder / "README.md").read_text() == (second.folder / "README.md").read_text()
