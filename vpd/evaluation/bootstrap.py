"""Bootstrap intervals over pictures: questions about one picture are not independent, so pictures are drawn.

A percentile interval (Efron and Tibshirani, 1993, chapter 13) of the mean over questions. For a paired
comparison pass the difference of two models' scores on the same questions. It tells how much the figure
could move with other test pictures; it says nothing about other training seeds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

RESAMPLES = 10_000
COVERAGE = 0.95
_AT_ONCE = 500  # resamples drawn together: bounds memory at 500 x pictures numbers


@dataclass(frozen=True)
class Interval:
    """A mean and its bootstrap interval."""

    mean: float
    low: float
    high: float


def bootstrap(
    scores: Sequence[float],
    pictures: Sequence[str],
    *,
    seed: int,
    resamples: int = RESAMPLES,
    coverage: float = COVERAGE,
) -> Interval:
    """Return the mean score and its interval, by default of 95%.

    `scores` has one number per question (0 or 1, or a difference of such), `pictures` the picture of each.
    Raises ValueError if there is no question or the lengths differ.
    """
    if not scores or len(scores) != len(pictures):
        raise ValueError(f"{len(scores)} scores for {len(pictures)} pictures: need one each, at least one")
    totals, sizes = _by_picture(np.asarray(scores, dtype=np.float64), pictures)
    means = _resampled_means(totals, sizes, np.random.default_rng(seed), resamples)
    tail = (1 - coverage) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return Interval(float(totals.sum() / sizes.sum()), float(low), float(high))


def _by_picture(
    scores: NDArray[np.float64], pictures: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    _, index = np.unique(np.asarray(pictures), return_inverse=True)
    totals = np.bincount(index, weights=scores).astype(np.float64)
    return totals, np.bincount(index).astype(np.float64)


def _resampled_means(
    totals: NDArray[np.float64], sizes: NDArray[np.float64], rng: np.random.Generator, resamples: int
) -> NDArray[np.float64]:
    count = len(totals)
    means = []
    for start in range(0, resamples, _AT_ONCE):
        drawn = rng.integers(count, size=(min(_AT_ONCE, resamples - start), count))
        means.append(totals[drawn].sum(axis=1) / sizes[drawn].sum(axis=1))
    return np.concatenate(means)
