"""Which worked examples a question is shown with: those whose form is most like its own.

The form of an example is its question without the things that its program looks for: of "Is the cone left of
the gray cube?" remains "is the _ left of the _". Likeness is the Dice coefficient over the runs of one to
three words, longer runs weighing more. It depends on the question and one example alone, so editing an
example changes only the prompts that show it; and questions of one form get the same examples in the same
order, so an endpoint that keeps the start of a prompt reads them once.
"""

from collections.abc import Sequence
from functools import cache

from vpd.sampling.looked_for import looked_for, stem, words
from vpd.tools.examples import WorkedExample

LONGEST_RUN = 3
_START = "^"  # how a question begins says most about its form

_Run = tuple[str, ...]


def most_alike(question: str, library: Sequence[WorkedExample], count: int) -> list[WorkedExample]:
    """Return the `count` examples that are most like the question, the most alike last; ties by place."""
    ranked = sorted(library, key=lambda example: -likeness(question, example))
    return ranked[:count][::-1]


def likeness(question: str, example: WorkedExample) -> float:
    """Return how alike a question is to the form of an example, 0 to 1."""
    asked, shown = _runs((_START, *words(question))), _form(example)
    total = _weight(asked) + _weight(shown)
    return 2 * _weight(asked & shown) / total if total else 0.0


def things(example: WorkedExample) -> frozenset[str]:
    """Return the words of an example's question that name what its program looks for."""
    named = {stem(word) for text, _ in looked_for(example.program) for word in words(text)}
    return frozenset(word for word in words(example.question) if stem(word) in named)


@cache
def _form(example: WorkedExample) -> frozenset[_Run]:
    named = things(example)
    return frozenset(run for run in _runs((_START, *words(example.question))) if not named.intersection(run))


@cache
def _runs(words: _Run) -> frozenset[_Run]:
    sizes = range(1, LONGEST_RUN + 1)
    return frozenset(words[i : i + n] for n in sizes for i in range(len(words) - n + 1))


def _weight(runs: frozenset[_Run]) -> int:
    return sum(map(len, runs))
