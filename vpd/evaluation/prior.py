"""The question-only prior: the answer that training questions of the same text had most often.

What a model could know without looking at the picture. A text not seen in training gets the majority answer
of its family, a family not seen the majority over all. Ties go to the answer that sorts first.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from vpd.records import Question
from vpd.scoring.normalize import normalize


@dataclass(frozen=True)
class QuestionPrior:
    """Majority answers by question text, by family and over all training questions."""

    by_text: dict[str, str]
    by_family: dict[str, str]
    overall: str | None

    @classmethod
    def fit(cls, training: Iterable[Question]) -> "QuestionPrior":
        """Count the first accepted answer of every labelled question; unlabelled ones are passed over."""
        texts: dict[str, Counter[str]] = defaultdict(Counter)
        families: dict[str, Counter[str]] = defaultdict(Counter)
        overall: Counter[str] = Counter()
        for question in training:
            if question.answers:
                answer = normalize(question.answers[0])
                for counter in (texts[question.text], families[question.family], overall):
                    counter[answer] += 1
        return cls(
            {text: _majority(counter) for text, counter in texts.items()},
            {family: _majority(counter) for family, counter in families.items()},
            _majority(overall) if overall else None,
        )

    def answer(self, question: Question) -> str | None:
        """Return the prior's answer; None only if there was no training question at all."""
        return self.by_text.get(question.text) or self.by_family.get(question.family) or self.overall


def _majority(counter: Counter[str]) -> str:
    return min(counter, key=lambda answer: (-counter[answer], answer))
