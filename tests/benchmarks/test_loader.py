"""The memory benchmark of the loader, with two shards."""

import pytest

from benchmarks import loader


@pytest.mark.slow
def test_loader_reads_every_example_from_a_folder_and_from_s3() -> None:
    figures = loader.run(folder_sizes=(4000, 8000), s3_sizes=(4000,))
    assert figures["folder"].keys() == {"4000", "8000", "peak_ratio"}
    for found in (figures["folder"]["8000"], figures["s3"]["4000"]):
        peaks = [found[name]["peak_mib"] for name in ("start", "survey", "batches", "resumed_mixture")]
        assert peaks == sorted(peaks)
        assert found["survey"]["rows_per_second"] > 0
    assert figures["s3"]["peak_ratio"] == dict.fromkeys(figures["s3"]["4000"], 1.0)
