"""How far the candidates of a question agree, by what they mean and not only by what they say here.

Two programs mean the same if they give the same answer here and on all other pictures that they were tried
on; where there are too few of those, if they do the same in made-up worlds (`vpd.review.call_graph`). An
answer that programs of one meaning agree on is worth more than one that each reached in its own way: with
yes-or-no questions half of all wrong programs agree by luck.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Voter:
    """A candidate: its call graph, its answer (None if it gave none) and its meaning."""

    graph: str
    answer: str | None
    meaning: Hashable


@dataclass(frozen=True)
class Agreement:
    """What stands behind one candidate's answer.

    share:   share of all candidates that gave it, 0 to 1
    alike:   share of all candidates that gave it and mean the same, 0 to 1
    fellows: how many candidates these are, itself included
    graphs:  different call graphs among the candidates that gave it
    """

    share: float
    alike: float
    fellows: int
    graphs: int


NONE = Agreement(0.0, 0.0, 0, 0)


def agreements(voters: Sequence[Voter]) -> list[Agreement]:
    """Return what stands behind each candidate's answer, in order; nothing behind no answer."""
    votes = Counter(voter.answer for voter in voters)
    meanings = Counter((voter.answer, voter.meaning) for voter in voters)
    graphs: dict[str | None, set[str]] = defaultdict(set)
    for voter in voters:
        graphs[voter.answer].add(voter.graph)
    return [
        NONE if voter.answer is None else _behind(voter, votes, meanings, graphs, len(voters))
        for voter in voters
    ]


def _behind(
    voter: Voter,
    votes: Counter[str | None],
    meanings: Counter[tuple[str | None, Hashable]],
    graphs: dict[str | None, set[str]],
    whole: int,
) -> Agreement:
    fellows = meanings[voter.answer, voter.meaning]
    return Agreement(votes[voter.answer] / whole, fellows / whole, fellows, len(graphs[voter.answer]))
