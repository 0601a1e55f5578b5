"""The record: written and read, and the shipped one, which must be for what the demo asks today."""

from concurrent.futures import Future
from contextlib import suppress

import pytest

from vpd.chat.answers import Answer
from vpd.chat.embedded import SAMPLER_MODEL
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import LEVELS
from vpd.errors import DataError, EndpointError
from vpd.sampling.drafts import Drafting
from vpd.sampling.prompt import Asked
from vpd.sampling.record import DEMO_RECORD, load_record, save_record
from vpd.sampling.request import SamplingConfig


def test_record_saved_and_loaded_is_the_same(tmp_path):
    kept = Answer("k", 1, "text é", None, None, "stop", -0.5, 3, 0, 0, "record")
    failed = Answer("k", 0, None, "status 400", "request", None, None, 0, 0, 0, "live")
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


def test_record_shipped_is_for_exactly_the_requests_of_the_demo(reviewer):
    record, config = load_record(DEMO_RECORD), SamplingConfig()
    used, missing = set(), []

    def start(writer, request, samples):
        found = [record.get(request.key, sample) for sample in samples]
        used.update((request.key, sample) for sample in samples)
        future = Future()
        if None in found:
            missing.append(request.question)
            future.set_exception(EndpointError("not in the record"))
        else:
            future.set_result(found)
        return future

    for text in {form.text for level in LEVELS.values() for form in bank(level)}:
        with suppress(EndpointError):
            Drafting(config, start, reviewer).write(Asked(text))
    assert not missing, f"{len(missing)} requests changed since the record was made: record again"
    assert used == set(record.answers)
    assert record.made_by["parameters"] == config.model_dump(mode="json")
    assert record.made_by["model_sha256"] == SAMPLER_MODEL.sha256
