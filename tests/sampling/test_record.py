import pytest

from vpd.chat.answers import Answer
from vpd.chat.embedded import SAMPLER_MODEL
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import EASY
from vpd.errors import DataError
from vpd.sampling.record import DEMO_RECORD, load_record, save_record
from vpd.sampling.request import SamplingConfig, build_request


def test_record_saved_and_loaded_is_the_same(tmp_path):
    kept = Answer("k", 1, "text é", None, None, "stop", -0.5, 3, "record")
    failed = Answer("k", 0, None, "status 400", "request", None, None, 0, "live")
    count = save_record(tmp_path / "r.zst", {"model": "m"}, [kept, failed])
    record = load_record(tmp_path / "r.zst")
    assert count == 1
    assert record.made_by == {"model": "m"}
    assert record.get("k", 1) == kept
    assert record.get("k", 0) is None


def test_record_damaged_file_names_it(tmp_path):
    (tmp_path / "r.zst").write_bytes(b"nonsense")
    with pytest.raises(DataError, match=r"r\.zst"):
        load_record(tmp_path / "r.zst")


def test_record_shipped_covers_every_request_of_the_demo():
    record = load_record(DEMO_RECORD)
    config = SamplingConfig()
    wanted = [(build_request(config, f.text).key, s) for f in bank(EASY) for s in range(config.candidates)]
    missing = [w for w in wanted if record.get(*w) is None]
    assert not missing, f"{len(missing)} requests changed since the record was made: record again"
    assert record.made_by["model_sha256"] == SAMPLER_MODEL.sha256
