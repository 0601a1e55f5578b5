"""Changes of yields, lengths and answers that are more than noise."""

import pytest

from vpd.fitness.drift import Drift, answer_shifts, kept_falls, length_changes


def _kept(questions: int, kept: int) -> dict[str, dict[str, int]]:
    return {"count": {"questions": questions, "kept_questions": kept}}


def _lengths(*words: int) -> dict[str, dict[str, int]]:
    return {
        "count": {"rationales": len(words), "words": sum(words), "squares": sum(w * w for w in words)},
    }


def _only(found: list[Drift]) -> Drift:
    [drift] = found
    return drift


@pytest.mark.parametrize(
    ("before", "now", "drifted"),
    [
        ((1000, 900), (1000, 700), True),
        ((1000, 900), (1000, 810), False),  # 9 points
        ((10, 9), (10, 7), False),  # 20 points, of which chance alone gives 36
        ((10, 10), (10, 2), True),
        ((1000, 700), (1000, 900), False),
        ((5, 5), (5, 5), False),
    ],
)
def test_kept_falls_are_told_from_noise(before: tuple[int, int], now: tuple[int, int], drifted: bool) -> None:
    found = _only(kept_falls(_kept(*before), _kept(*now)))
    assert found.drifted is drifted
    assert (found.before, found.now) == (before[1] / before[0], now[1] / now[0])


@pytest.mark.parametrize(
    ("before", "now", "drifted"),
    [
        ((10,) * 20, (13,) * 20, True),
        ((10,) * 20, (7,) * 20, True),
        ((10,) * 20, (11,) * 20, False),
        ((5, 15), (10, 20), False),  # half again as long, of which chance gives more
    ],
)
def test_length_changes_are_told_from_noise(
    before: tuple[int, ...], now: tuple[int, ...], drifted: bool
) -> None:
    assert _only(length_changes(_lengths(*before), _lengths(*now))).drifted is drifted


@pytest.mark.parametrize(
    ("before", "now", "distance", "drifted"),
    [
        ({"yes": 500, "no": 500}, {"yes": 900, "no": 100}, 0.4, True),
        ({"yes": 500, "no": 500}, {"yes": 600, "no": 400}, 0.1, False),
        ({"yes": 2, "no": 2}, {"yes": 3, "no": 1}, 0.25, False),
        ({"red": 100}, {"blue": 100}, 1.0, True),
    ],
)
def test_answer_shifts_are_told_from_noise(
    before: dict[str, int], now: dict[str, int], distance: float, drifted: bool
) -> None:
    found = _only(answer_shifts({"family": before}, {"family": now}))
    assert found.now == pytest.approx(distance)
    assert found.drifted is drifted


def test_families_of_one_side_alone_and_empty_ones_are_not_compared() -> None:
    assert kept_falls(_kept(10, 9), {"other": _kept(10, 0)["count"]}) == []
    assert kept_falls(_kept(0, 0), _kept(10, 9)) == []
    assert length_changes(_lengths(10), _lengths(20)) == []
    assert answer_shifts({"count": {}}, {"count": {"1": 3}}) == []
