import pytest

from resources.artifact_store import ArtifactStoreResource
from vpd.errors import StoreError


def test_artifact_store_without_fields_is_the_one_of_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VPD_STORE", str(tmp_path / "given"))
    monkeypatch.setenv("VPD_S3_ENDPOINT", "http://127.0.0.1:1")
    assert ArtifactStoreResource().open().uri == str(tmp_path / "given")
    assert ArtifactStoreResource().endpoint == "http://127.0.0.1:1"


def test_artifact_store_with_fields_goes_before_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("VPD_STORE", str(tmp_path / "given"))
    chosen = ArtifactStoreResource(uri=str(tmp_path / "chosen"), endpoint_url="http://127.0.0.1:2")
    assert chosen.open().uri == str(tmp_path / "chosen")
    assert chosen.endpoint == "http://127.0.0.1:2"


def test_artifact_store_that_cannot_be_used_says_which(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match="file/store"):
        ArtifactStoreResource(uri=str(tmp_path / "file" / "store")).open()
