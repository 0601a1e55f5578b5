"""Whether the answers that are taught can be answers to their questions.

Faults, of which one is too many:

    gone       the question is gone, or the shard's questions cannot be read
    form       an answer is not in normal form, or an example in answer mode has another target
    option     the label of a multiple-choice question is none of its options
    share      too many labels are suspicious

Suspicious, of which people's labels always have some:

    kind       it is of another kind than the question asks for, as "red" for "Is there a cube?"
    sentence   it has more than 8 words, or is written as a sentence
    contrary   it has no answer in common with an earlier question of the same picture, text and options

Kept over shards: 20 bytes a labelled question, and 8 for each of its accepted answers.
"""

import re
from array import array
from collections.abc import Iterator
from hashlib import blake2b

import numpy as np
import polars as pl

from vpd.errors import StoreError
from vpd.fitness.ledger import Ledger
from vpd.fitness.report import Facts, Problem
from vpd.fitness.shard import Shard
from vpd.records import Example, Question, canonical_json
from vpd.review.answer_check import fits_question
from vpd.review.answer_type import answer_type
from vpd.scoring.normalize import normalize
from vpd.scoring.score import answer_key, matches, resolve_choice

SUSPICIOUS_SHARE = 0.05
"""Share of suspicious labels above which they are a fault of the source and not of people.

What this stops is systematic: columns that are shifted by one or answers of other pictures make most labels
suspicious. Measured: none of 244 labels written by hand for photographs, none of 2,800 of generated scenes.
"""
FEWEST = (
    5  # suspicious labels, whatever their share: one odd label among ten questions is no fault of a source
)
MOST_WORDS = 8
_SENTENCE = re.compile(r"[A-Z]\S*(?:\s+\S+){3,}[.!?]")


class LabelsCheck:
    """Looks at each label beside its question, and at the end at questions that are asked twice."""

    def __init__(self, ledger: Ledger, suspicious_share: float = SUSPICIOUS_SHARE) -> None:
        self._ledger, self._share = ledger, suspicious_share
        self._labels = self._suspicious = 0
        self._asked = _Asked()

    def look(self, shard: Shard) -> Iterator[Problem]:
        """Yield what is wrong with the answer of each example, and what is odd about labels."""
        for example in shard.examples:
            for message in _faults_of_form(example):
                yield Problem("form", shard.name, example.example_id, message)
        taught = [(row, e) for row, e in enumerate(shard.examples) if e.mode == "answer"]
        try:
            questions = shard.questions if taught else {}
        except StoreError as error:
            yield Problem("gone", shard.name, "", str(error))
            return
        for row, example in taught:
            yield from self._label(shard, row, example, questions.get(example.question_id))

    def end(self) -> Iterator[Problem]:
        """Yield labels that contradict earlier ones, and whether too many labels are suspicious."""
        contrary = self._asked.contrary()
        self._suspicious += contrary.height
        for shard, example in self._ledger.examples(contrary):
            message = f"question {example.question_id} has no answer in common with an earlier one like it"
            yield Problem("contrary", shard, example.example_id, message, blocks=False)
        if self._suspicious >= FEWEST and self._suspicious > self._share * self._labels:
            message = (
                f"{self._suspicious} of {self._labels} labels are suspicious, more than {self._share:.0%}: "
                "look whether questions and answers of the source belong together"
            )
            yield Problem("share", "", "", message)

    def facts(self) -> Facts:
        """Return how many labels there are, and the share of suspicious ones."""
        share = self._suspicious / max(1, self._labels)
        return {"labels": self._labels, "suspicious": self._suspicious, "suspicious_share": round(share, 4)}

    def _label(
        self, shard: Shard, row: int, example: Example, question: Question | None
    ) -> Iterator[Problem]:
        if question is None:
            message = f"its question {example.question_id} is gone: materialise the shard again"
            yield Problem("gone", shard.name, example.example_id, message)
            return
        if not question.answers:
            return
        self._labels += 1
        self._asked.add(shard.number, row, question)
        where = f"the label {example.answer!r} of question {example.question_id}"
        if question.choices and not matches(example.answer, question.choices):
            message = f"{where} is none of {', '.join(question.choices)}"
            yield Problem("option", shard.name, example.example_id, message)
            return
        odd = _oddity(example, question)
        if odd is not None:
            self._suspicious += 1
            yield Problem(odd[0], shard.name, example.example_id, f"{where} {odd[1]}", blocks=False)


class _Asked:
    """What was asked of which picture with which accepted answers, in hashes."""

    def __init__(self) -> None:
        self._keys, self._answers, self._ends = array("Q"), array("Q"), array("I")
        self._shards, self._rows = array("I"), array("I")

    def add(self, shard: int, row: int, question: Question) -> None:
        """Enter a labelled question, with the place of its example."""
        self._keys.append(_hash(question.image_id, question.text, sorted(question.choices)))
        self._answers.extend(
            {_hash(answer_key(resolve_choice(a, question.choices))) for a in question.answers}
        )
        self._ends.append(len(self._answers))
        self._shards.append(shard)
        self._rows.append(row)

    def contrary(self) -> pl.DataFrame:
        """Return the places, in order, of questions with no answer in common with the first one like it."""
        _, first = np.unique(np.frombuffer(self._keys, np.uint64), return_index=True)
        earlier = {self._keys[n]: n for n in first.tolist()}
        again = np.setdiff1d(np.arange(len(self._keys)), first).tolist()
        against = [n for n in again if not self._accepted(n) & self._accepted(earlier[self._keys[n]])]
        rows = [(self._shards[n], self._rows[n]) for n in against]
        return pl.DataFrame(rows, schema={"shard": pl.UInt32, "row": pl.UInt32}, orient="row")

    def _accepted(self, number: int) -> set[int]:
        start = self._ends[number - 1] if number else 0
        return set(self._answers[start : self._ends[number]])


def _faults_of_form(example: Example) -> Iterator[str]:
    if normalize(example.answer) != example.answer:
        yield f"its answer {example.answer!r} is not in normal form"
    if example.mode == "answer" and example.target.strip() and example.target != example.answer:
        yield f"its target is {example.target!r} and its answer {example.answer!r}"


def _oddity(example: Example, question: Question) -> tuple[str, str] | None:
    """Return the kind of what is odd about a label, and in words."""
    if not fits_question(question.text, question.choices, example.answer):
        return "kind", f"is odd: {question.text!r} asks for {answer_type(question.text, question.choices)}"
    written = question.answers[0]
    if not question.choices and (len(written.split()) > MOST_WORDS or _SENTENCE.fullmatch(written.strip())):
        return "sentence", "is a sentence, not an answer"
    return None


def _hash(*parts: object) -> int:
    return int.from_bytes(blake2b(canonical_json(parts).encode(), digest_size=8).digest(), "big")
