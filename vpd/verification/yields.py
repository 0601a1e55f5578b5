"""How much of a shard survives: counts by question family, which add up over shards, and rates from them.

executes     share of candidates whose program ran to an answer
pass_at_1    share of candidates of labelled questions that are correct: what one sample would give
any_of_k     share of labelled questions with at least one correct candidate
kept         share of questions with at least one kept candidate, labelled or not
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence

from vpd.records import Question, Verdict

Counts = dict[str, int]
ALL = "all"


def count_yields(questions: Iterable[Question], verdicts: Iterable[Verdict]) -> dict[str, Counts]:
    """Return counts by family and, under "all", over all families."""
    of_question: dict[str, list[Verdict]] = defaultdict(list)
    for verdict in verdicts:
        of_question[verdict.question_id].append(verdict)
    families: dict[str, Counter[str]] = defaultdict(Counter)
    for question in questions:
        counts = _count(question, of_question[question.question_id])
        families[question.family].update(counts)
        families[ALL].update(counts)
    return {family: dict(sorted(counts.items())) for family, counts in sorted(families.items())}


def add_yields(shards: Iterable[Mapping[str, Counts]]) -> dict[str, Counts]:
    """Return the sum of several shards' counts."""
    total: dict[str, Counter[str]] = defaultdict(Counter)
    for shard in shards:
        for family, counts in shard.items():
            total[family].update(counts)
    return {family: dict(sorted(counts.items())) for family, counts in sorted(total.items())}


def rates(counts: Counts) -> dict[str, float | None]:
    """Return the rates of one family's counts, 0 to 1; None where there is nothing to count."""

    def share(part: str, whole: str) -> float | None:
        return counts.get(part, 0) / counts[whole] if counts.get(whole) else None

    return {
        "executes": share("answered", "candidates"),
        "pass_at_1": share("correct", "labelled_candidates"),
        "any_of_k": share("any_correct", "labelled"),
        "kept": share("kept_questions", "questions"),
        "answers_per_question": share("distinct_answers", "questions"),
    }


def _count(question: Question, verdicts: Sequence[Verdict]) -> Counts:
    labelled = bool(question.answers)
    counts = Counter(
        questions=1,
        labelled=int(labelled),
        unlabelled=int(not labelled),
        without_candidates=int(not verdicts),
        candidates=len(verdicts),
        labelled_candidates=len(verdicts) * labelled,
        answered=sum(v.answer is not None for v in verdicts),
        correct=sum(bool(v.correct) for v in verdicts),
        any_correct=int(any(v.correct for v in verdicts)),
        kept=sum(v.kept for v in verdicts),
        kept_questions=int(any(v.kept for v in verdicts)),
        kept_unlabelled=int(not labelled and any(v.kept for v in verdicts)),
        distinct_answers=len({v.answer for v in verdicts if v.answer is not None}),
    )
    counts.update(f"outcome_{v.outcome}" for v in verdicts)
    counts.update(f"kept_by_{name}" for name in {name for v in verdicts for name in v.kept_by})
    counts.update(f"refused_by_{v.refused_by}" for v in verdicts if v.refused_by is not None)
    counts.update(shortcuts=sum(v.shortcut for v in verdicts))
    return dict(counts)
