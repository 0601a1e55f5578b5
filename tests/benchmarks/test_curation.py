"""The benchmark of curation, on a few runs."""

from benchmarks import curation


def test_curation_gives_the_cost_of_every_step_at_every_size() -> None:
    figures = curation.run(sizes=(1_000, 9_000), pictures=8)
    small, large = figures["sizes"]["1000"], figures["sizes"]["9000"]
    assert 9_000 <= large["rows"] < 18_000
    assert large["rows"] > small["rows"] >= 1_000
    for found in (small, large):
        assert found["candidates"] >= found["rows"] >= found["rationales"] > 0
        assert found["examples"] > found["rationales"]
        assert found["us_a_row"].keys() == {"verify", "examples", "checks"}
        assert all(spent > 0 for spent in found["us_a_row"].values())
        assert min(found["peak_mib"].values()) > 50
    assert figures["us_a_picture"] > 0
    a_row = sum(large["us_a_row"].values())
    assert round(figures["hours_for_ten_million"], 6) == round(10 * a_row / 3600, 6)
