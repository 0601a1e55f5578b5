"""Rationales in other words, from the asset's config on: off unless it says so."""

import pytest

from tests.rewriting.replies import Replies
from vpd.errors import ConfigError
from vpd.rationale.render import RENDERER
from vpd.records import EXAMPLES
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.cot_dataset import cot_dataset

FLUENT = Replies(lambda text: text.replace("I find", "We can see").replace("I see", "We can see"))


def renderers(pipeline) -> set[str]:
    frames = [pipeline.store.read_shard(EXAMPLES, shard) for shard in pipeline.shards]
    return {name for frame in frames for name in frame["renderer"].unique()} - {""}


def test_cot_dataset_rewords_rationales_if_its_config_says_so(pipeline, monkeypatch):
    monkeypatch.setattr("vpd.rewriting.rewriter.open_endpoint", lambda *_, **__: FLUENT)
    assert pipeline.run(SHARD_ASSETS).success
    assert renderers(pipeline) == {RENDERER}
    assert not FLUENT.asked
    assert pipeline.run([cot_dataset], ops={"cot_dataset": {"config": {"rewrite": True}}}).success
    assert any(name.startswith("rewrite@") for name in renderers(pipeline))
    for event in pipeline.events(cot_dataset).values():
        assert "| accepted_share |" in event.metadata["rewritten"].value
        assert "rewrites_refused_first" in event.metadata


def test_cot_dataset_with_a_model_that_nobody_has_fails_before_any_shard(pipeline):
    config = {"cot_dataset": {"config": {"rewrite": True, "rewriter": "nobody"}}}
    with pytest.raises(ConfigError, match="nobody"):
        pipeline.run([cot_dataset], ops=config)
    assert not pipeline.events(cot_dataset)
