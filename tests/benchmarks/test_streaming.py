"""The memory benchmark, with a few programs."""

from benchmarks import streaming


def test_streaming_gives_peaks_that_only_grow():
    figures = streaming.run(sizes=(10, 40), in_flight=4)
    assert figures["tool_calls"] == 40
    assert figures["cache_hit_share"] == 0
    assert figures["ratio_to_first"]["10"] == 1.0
    assert figures["ratio_to_first"]["40"] >= 1.0
    peak = figures["peak_bytes"]["40"]
    assert peak["host"] + peak["workers"] == peak["total"]
    assert peak["workers"] > 0
