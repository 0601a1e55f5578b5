"""The per-shard assets with the store on a real S3 server."""

from vpd.records import EXAMPLES
from vpd_assets.catalog import SHARD_ASSETS


def test_data_assets_on_s3_give_the_same_examples_as_in_a_folder(s3_endpoint, tmp_path, monkeypatch, done):
    from tests.assets.conftest import small_pipeline

    monkeypatch.setenv("VPD_STORE", "s3://vpd/pipeline")
    monkeypatch.setenv("VPD_S3_ENDPOINT", s3_endpoint)
    with small_pipeline(tmp_path) as pipeline:
        assert pipeline.store.uri == "s3://vpd/pipeline"
        assert pipeline.run(SHARD_ASSETS).success
        for shard in pipeline.shards:
            assert pipeline.store.read_shard(EXAMPLES, shard).equals(done.store.read_shard(EXAMPLES, shard))
