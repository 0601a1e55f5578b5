"""A mixture of data sets: which of them gives the next picture, so that shares of questions follow weights.

Next is always the one that is furthest behind its weight, and it gives all questions of one picture. So after
any number of questions, no data set is further from its share than the largest pictures of all data sets
together. Nothing is drawn by lot: the seed decides the order of pictures inside each data set, which goes
through epochs of its own. To go on at a later question, only the number of questions per picture is read.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

from vpd.distill.epochs import Epochs

Row = TypeVar("Row")


class Turns:
    """Says whose turn it is. Weights of equal ratios give equal turns, in whatever order they are listed."""

    def __init__(self, weights: Mapping[str, float]) -> None:
        self._weights = {name: weights[name] for name in sorted(weights) if weights[name] > 0}
        self._given = dict.fromkeys(self._weights, 0)

    def next(self) -> str:
        """Return the data set that is furthest behind."""
        return min(self._weights, key=lambda name: self._given[name] / self._weights[name])

    def give(self, name: str, questions: int) -> None:
        """Note that a data set has given so many."""
        self._given[name] += questions


def mix(weights: Mapping[str, float], data_sets: Mapping[str, Epochs[Row]], start: int) -> Iterator[Row]:
    """Yield the questions number `start`, `start + 1`, ... of the mixture, without end."""
    turns = Turns(weights)
    passed, rest = _pass(turns, data_sets, start)
    pictures = {name: data_sets[name].pictures(skip=skip) for name, skip in passed.items()}
    while True:
        name = turns.next()
        questions = next(pictures[name])
        turns.give(name, len(questions))
        yield from questions[rest:]
        rest = 0


def _pass(turns: Turns, data_sets: Mapping[str, Epochs[Row]], questions: int) -> tuple[dict[str, int], int]:
    """Let questions pass unread; return pictures passed by data set, and questions left of the next one."""
    sizes = {name: data_set.sizes() for name, data_set in data_sets.items()}
    passed = dict.fromkeys(data_sets, 0)
    while questions:
        name = turns.next()
        size = next(sizes[name])
        if size > questions:
            break
        turns.give(name, size)
        passed[name] += 1
        questions -= size
    return passed, questions


def check_weights(weights: Mapping[str, float], sources: Collection[str]) -> None:
    """Raise ValueError unless weights, none negative, and the sources of a run's shards fit together."""
    strange, missing = sorted(weights.keys() - set(sources)), sorted(set(sources) - weights.keys())
    if strange:
        raise ValueError(f"mixture: {', '.join(strange)} has no shards in this run: add them or take it out")
    if missing:
        raise ValueError(
            f"mixture: {', '.join(missing)} has shards in this run and no weight: give one, 0 leaves it out"
        )
    if not any(weights.values()):
        raise ValueError(f"mixture: all weights ({', '.join(sorted(weights))}) are zero: raise one")
