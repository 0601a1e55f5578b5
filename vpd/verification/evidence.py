"""What is known of each candidate before a policy decides: outcome, answer, label match, agreement, probes.

Not here: the decision (`vpd.verification.policy`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from vpd.records import Candidate, Probe, Question, Trace
from vpd.review.answer_check import fits_question
from vpd.scoring.normalize import normalize
from vpd.scoring.score import answer_key, is_right, resolve_choice
from vpd.tools.toolset import methods_of
from vpd.verification.agreement import Agreement, Voter, agreements
from vpd.verification.luck import luck
from vpd.verification.shortcut import is_shortcut
from vpd.verification.words import ignored

Row = TypeVar("Row")

MISSING = "missing"  # outcome of a program that has no trace in the shard
ENOUGH = 3  # pictures that show what a program means; fewer say too little
_CONFIDENCE = re.compile(r'"confidence":([0-9.eE+-]+)')


@dataclass(frozen=True)
class Tried:
    """How a program did on other pictures on which the same question has a label.

    `chance` is the share that the commonest label answers, `best` the share that the best candidate of the
    question got right on the same pictures.
    """

    right: int
    tried: int
    chance: float
    best: float

    @property
    def share(self) -> float:
        """Share that it answered right."""
        return self.right / self.tried

    @property
    def luck(self) -> float:
        """Probability that a guesser who knows the commonest label does as well there and is right here."""
        return luck(self.right + 1, self.tried + 1, self.chance)


@dataclass(frozen=True)
class Evidence:
    """One candidate for one question.

    `answer` is normalised, options by their text, and None unless the program answered. `correct` is None if
    the question has no label, `fits` (the kind of answer) if there is no answer. `options` is how many
    answers a guesser has to choose from, 0 if any text will do. `tried` is None without other pictures,
    `looked` None if no probe told. Columns of the same names in `vpd.records.Verdict` say more.
    """

    candidate: Candidate
    trace: Trace | None
    outcome: str
    answer: str | None
    correct: bool | None
    agreement: Agreement
    problem: str | None
    fits: bool | None = None
    options: int = 0
    tried: Tried | None = None
    looked: bool | None = None
    shortcut: bool = False
    confidence: float | None = None
    probe_id: str | None = None
    ignored: tuple[str, ...] = ()


def gather(
    question: Question,
    candidates: Sequence[Candidate],
    traces: Mapping[str, Trace],
    probes: Mapping[str, Probe] | None = None,
    known: frozenset[str] = frozenset(),
) -> list[Evidence]:
    """Return the evidence of each candidate, in their order.

    `traces` are this question's runs, `probes` those of what it asks, both by program; `known` are the words
    that programs look for (`vpd.verification.words`).
    """
    found = [_of_program(candidate, traces) for candidate in candidates]
    probed = [_of_program(candidate, probes or {}) for candidate in candidates]
    answers = [_answer(question, trace) for trace in found]
    behind = agreements([_voter(*each) for each in zip(candidates, answers, probed, strict=True)])
    gathered = []
    for candidate, trace, probe, answer, agreement in zip(
        candidates, found, probed, answers, behind, strict=True
    ):
        outcome, problem = _outcome(candidate, trace)
        correct = None
        if question.answers:
            correct = answer is not None and is_right(answer, question.answers, question.choices)
        gathered.append(
            Evidence(
                candidate,
                trace,
                outcome,
                answer,
                correct,
                agreement,
                problem,
                None if answer is None else fits_question(question.text, question.choices, answer),
                _options(question, answer),
                None if probe is None else _tried(question, probe, probed),
                None if probe is None else _looked(probe),
                trace is not None and _is_shortcut(question, candidate, trace),
                None if trace is None else _least_confidence(trace),
                None if probe is None else probe.probe_id,
                () if answer is None else ignored(question.text, candidate.source, known),
            )
        )
    return gathered


def _of_program(candidate: Candidate, rows: Mapping[str, Row]) -> Row | None:
    """Return the row of a candidate's program; a candidate with a known problem has none, whatever ran."""
    if candidate.program_id is None or candidate.problem is not None:
        return None
    return rows.get(candidate.program_id)


def _voter(candidate: Candidate, answer: str | None, probe: Probe | None) -> Voter:
    """Return a candidate as agreement counts it; a program without a call graph stands for itself."""
    graph = candidate.call_graph or candidate.program_id or candidate.candidate_id
    meaning = graph if probe is None or len(probe.answers) < ENOUGH else probe.answers
    return Voter(graph, None if answer is None else answer_key(answer), meaning)


def _answer(question: Question, trace: Trace | None) -> str | None:
    if trace is None or trace.outcome != "answered" or trace.answer is None:
        return None
    return normalize(resolve_choice(trace.answer, question.choices)) or None  # "?" says nothing


def _options(question: Question, answer: str | None) -> int:
    if question.choices:
        return len(question.choices)
    return 2 if answer in ("yes", "no") else 0


def _tried(question: Question, probe: Probe, probed: Sequence[Probe | None]) -> Tried | None:
    """Return how a program did on the labelled pictures that it was tried on, this question's left out."""
    others = {q for q in probe.labelled_ids if q != question.question_id}
    if not others:
        return None
    best = max(len(others.intersection(p.right_ids)) for p in probed if p is not None)
    right = len(others.intersection(probe.right_ids))
    return Tried(right, len(others), probe.chance or 0.0, best / len(others))


def _looked(probe: Probe) -> bool | None:
    """Tell whether anything changed the program's answer: an ablation or another picture.

    Without ablations equal answers tell nothing: the right one may be the same on all pictures.
    """
    if probe.moved or len(set(probe.answers)) > 1:
        return True
    return False if probe.ablations else None


def _is_shortcut(question: Question, candidate: Candidate, trace: Trace) -> bool:
    methods = frozenset(methods_of(trace.tools_version))
    return is_shortcut(question.text, candidate.source, methods)


def _least_confidence(trace: Trace) -> float | None:
    return min(map(float, _CONFIDENCE.findall(trace.events_json)), default=None)


def _outcome(candidate: Candidate, trace: Trace | None) -> tuple[str, str | None]:
    """Return the outcome of a candidate's run and what went wrong."""
    if candidate.problem is not None:
        kind, _, message = candidate.problem.partition(": ")
        return kind, message
    if trace is None:
        return (
            MISSING,
            f"program {candidate.program_id} has no trace for this question: execute the shard again",
        )
    if trace.outcome != "answered":
        where = "" if trace.line is None else f" in line {trace.line}"
        return trace.outcome, f"{trace.message or trace.outcome}{where}"
    return trace.outcome, None
