"""What the checks of training examples say: problems by check and kind, and the numbers they looked at."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from vpd.errors import LeakageError

CheckName = Literal["schema", "pictures", "leakage", "faithfulness", "labels"]
NAMES: tuple[CheckName, ...] = get_args(CheckName)
Facts = Mapping[str, int | float]
SHOWN = 100  # problems of a check that a report keeps in full; all are counted


@dataclass(frozen=True)
class Problem:
    """What is wrong with one example, or with a whole shard (then `example_id` is empty).

    `kind` is a word for counting. A problem that does not `block` is worth a look and no more.
    """

    kind: str
    shard: str
    example_id: str
    message: str
    blocks: bool = True


@dataclass
class CheckReport:
    """What one check looked at and found: problems block, `noticed` ones do not."""

    facts: dict[str, int | float] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    noticed: list[Problem] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if nothing blocks."""
        return not self.problems

    def add(self, problems: Iterable[Problem]) -> None:
        """Count problems, and keep them while there is room."""
        for problem in problems:
            self.counts[problem.kind] += 1
            kept = self.problems if problem.blocks else self.noticed
            if len(kept) < SHOWN:
                kept.append(problem)


@dataclass(frozen=True)
class Report:
    """What all checks say of the examples of some shards."""

    examples: int
    checks: Mapping[CheckName, CheckReport]

    @property
    def passed(self) -> bool:
        """True if every check passed."""
        return all(check.passed for check in self.checks.values())


def require_fit(report: Report) -> None:
    """Raise LeakageError that names the checks that failed and their first problems, if any did."""
    failed = {name: check for name, check in report.checks.items() if not check.passed}
    if not failed:
        return
    first = [
        f"{name}: {p.shard} {p.example_id}: {p.message}" for name, c in failed.items() for p in c.problems[:2]
    ]
    raise LeakageError(
        f"{report.examples} examples are unfit for training: {'; '.join(first)}. "
        "Correct the source or its splits and materialise the shards again"
    )
