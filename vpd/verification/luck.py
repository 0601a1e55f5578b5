"""How likely a guesser is to do as well: the chance correction of everything that is counted as right."""

from math import comb


def luck(right: int, tried: int, chance: float) -> float:
    """Return the probability of at least `right` hits in `tried` guesses that hit with `chance` each."""
    return sum(
        comb(tried, hits) * chance**hits * (1 - chance) ** (tried - hits) for hits in range(right, tried + 1)
    )
