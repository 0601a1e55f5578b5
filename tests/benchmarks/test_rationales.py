"""The benchmark of rationales, on a few questions."""

from benchmarks import rationales


def test_figures_are_counts_and_shares_of_the_same_runs() -> None:
    figures = rationales.run(questions=8)
    assert figures.keys() == {"easy", "full"}
    for found in figures.values():
        assert found["questions"] == 8
        assert found["runs"] >= found["right"] > 0
        assert sum(kind["n"] for kind in found["by_kind"].values()) == found["sentences"]
        assert sum(family["n"] for family in found["by_family"].values()) == found["sentences"]
        assert (
            sum(kind["n"] for kind in found["planted"]["by_kind"].values()) == found["planted"]["facts"] > 0
        )
        assert 0 < found["all_true"] <= found["true"] <= 1
        assert found["phrasings"] > 1
