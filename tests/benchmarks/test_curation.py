"""The benchmark of curation, on a few runs."""

from benchmarks import curation


def test_curation_gives_what_every_step_costs() -> None:
    figures = curation.run(sizes=(1_000,), pictures=8)
    found = figures["sizes"]["1000"]
    assert 1_000 <= found["rows"] <= found["candidates"]
    assert 0 < found["rationales"] < found["examples"]
    assert found["us_a_row"].keys() == {"verify", "examples", "checks"}
    assert all(spent > 0 for spent in found["us_a_row"].values())
    assert min(found["peak_mib"].values()) > 50
    assert figures["us_a_picture"] > 0
    a_row = sum(found["us_a_row"].values())
    assert round(figures["hours_for_ten_million"], 6) == round(10 * a_row / 3600, 6)
