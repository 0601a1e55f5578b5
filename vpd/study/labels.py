"""Fewer labels: the tables of a store as they would be if only a share of the train pictures were labelled.

A picture keeps or loses the labels of all of its questions, by a hash; the pictures of a smaller share are
among those of a larger one. Probes keep what programs answered on other pictures and lose what the hidden
labels said of it. The pipeline would have probed on pictures that have labels first, so programs are known a
little less well here than they could be.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from vpd.records import Probe, Question
from vpd.scoring.score import answer_key
from vpd.study.data_settings import DataSettings

_STEPS = 2**32


def keeps_label(question: Question, settings: DataSettings) -> bool:
    """Tell whether a question keeps its label; those of val and test always do."""
    if question.split != "train":
        return True
    digest = hashlib.sha256(f"labels {settings.labels_seed} {question.image_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") < settings.labels * _STEPS


def with_fewer_labels(questions: Iterable[Question], settings: DataSettings) -> list[Question]:
    """Return the questions with hidden labels taken away, or left out if the settings want labels only."""
    kept = [q if keeps_label(q, settings) else replace(q, answers=()) for q in questions]
    return [q for q in kept if q.answers or q.split != "train"] if settings.labelled_only else kept


def without_hidden(probe: Probe, labels: Mapping[str, str]) -> Probe:
    """Return a probe that knows these labels alone; `labels` holds normalised labels by question id."""
    known = [q for q in probe.labelled_ids if q in labels]
    counts = Counter(labels[q] for q in known)
    return replace(
        probe,
        labelled_ids=tuple(known),
        right_ids=tuple(q for q in probe.right_ids if q in labels),
        chance=max(counts.values()) / counts.total() if counts else None,
    )


def known_labels(questions: Iterable[Question]) -> dict[str, str]:
    """Return the normalised first label of every question that has one."""
    return {q.question_id: answer_key(q.answers[0]) for q in questions if q.answers}
