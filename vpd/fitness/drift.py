"""Whether a data set has become another one: yields, lengths and answers by question family, before and now.

Every change is held against the noise that two samples of these sizes would have anyway: twice the standard
error for shares and means, twice the expected distance for answers. Families that only one side has are new
or gone, not drifted, and are left out.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import pi, sqrt

Counts = Mapping[str, int]

FALL = 0.1
"""Largest fall of a family's share of kept questions."""
LENGTH_CHANGE = 0.2
"""Largest change of a family's mean number of words, as a share of what it was."""
DISTANCE = 0.2
"""Largest total variation distance of a family's answers: the share of answers that are others."""


@dataclass(frozen=True)
class Drift:
    """One number of one family, before and now; `noise` is what its change may be by chance."""

    family: str
    before: float
    now: float
    noise: float
    drifted: bool


def kept_falls(before: Mapping[str, Counts], now: Mapping[str, Counts]) -> list[Drift]:
    """Compare shares of kept questions; counts are kept_questions and questions of each family."""
    return [_kept_fall(f, was, new) for f, was, new in _both(before, now, "questions", 1)]


def length_changes(before: Mapping[str, Counts], now: Mapping[str, Counts]) -> list[Drift]:
    """Compare mean words of rationales; counts are rationales, words and the sum of their squares."""
    return [_length_change(f, was, new) for f, was, new in _both(before, now, "rationales", 2)]


def answer_shifts(before: Mapping[str, Counts], now: Mapping[str, Counts]) -> list[Drift]:
    """Compare how often each answer is given; `before` is 0 and `now` the distance, 0 to 1."""
    return [_answer_shift(f, before[f], now[f]) for f in sorted(before) if f in now and before[f] and now[f]]


def _both(
    before: Mapping[str, Counts], now: Mapping[str, Counts], size: str, least: int
) -> Iterator[tuple[str, Counts, Counts]]:
    for family in sorted(before):
        was, new = before[family], now.get(family, {})
        if min(was.get(size, 0), new.get(size, 0)) >= least:
            yield family, was, new


def _kept_fall(family: str, was: Counts, new: Counts) -> Drift:
    n, m = was["questions"], new["questions"]
    kept = was["kept_questions"] + new["kept_questions"]
    pooled = kept / (n + m)
    noise = 2 * sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
    share, now = was["kept_questions"] / n, new["kept_questions"] / m
    return Drift(family, share, now, noise, share - now > max(FALL, noise))


def _length_change(family: str, was: Counts, new: Counts) -> Drift:
    (mean, error), (now, error_now) = _mean(was), _mean(new)
    noise = 2 * sqrt(error + error_now)
    return Drift(family, mean, now, noise, abs(now - mean) > max(LENGTH_CHANGE * mean, noise))


def _mean(counts: Counts) -> tuple[float, float]:
    """Return the mean number of words and its variance."""
    n = counts["rationales"]
    mean = counts["words"] / n
    spread = max(0.0, counts["squares"] / n - mean * mean) * n / (n - 1)
    return mean, spread / n


def _answer_shift(family: str, was: Counts, new: Counts) -> Drift:
    n, m = sum(was.values()), sum(new.values())
    distance = expected = 0.0
    for answer in was.keys() | new.keys():
        a, b = was.get(answer, 0), new.get(answer, 0)
        pooled = (a + b) / (n + m)
        distance += abs(a / n - b / m) / 2
        # the mean of the size of a normal error is its deviation times the root of 2 / pi
        expected += sqrt(2 / pi * pooled * (1 - pooled) * (1 / n + 1 / m)) / 2
    return Drift(family, 0.0, distance, 2 * expected, distance > max(DISTANCE, 2 * expected))
