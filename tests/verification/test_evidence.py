"""What is known of a candidate before a policy decides."""

from collections.abc import Callable
from typing import Any

import pytest

from vpd.execution.trace import PatchRef, TraceEvent, events_to_json
from vpd.geometry import Box
from vpd.records import Candidate, Probe, Question, Trace
from vpd.verification.evidence import Evidence, Tried, gather

Make = Callable[..., Any]
ASK_ALL = (
    "def execute_command(image):\n    return ImagePatch(image).simple_query('How many cubes are there?')"
)


def gather_all(
    question: Question, candidates: list[Candidate], traces: list[Trace], probes: list[Probe] | None = None
) -> list[Evidence]:
    by_program = {p.program_id: p for p in probes or ()}
    return gather(question, candidates, {t.program_id: t for t in traces}, by_program)


@pytest.fixture
def gathered(question: Make, candidate: Make, trace: Make) -> Callable[..., list[Evidence]]:
    """Gather for candidates that answer "2", one for each probe; None is a candidate without one."""

    def run(*probes: Probe | None, answer: str = "2", **changes: Any) -> list[Evidence]:
        numbers = range(len(probes))
        return gather_all(
            question(**changes),
            [candidate(n) for n in numbers],
            [trace(n, answer) for n in numbers],
            [p for p in probes if p is not None],
        )

    return run


def test_evidence_of_other_pictures_leaves_the_question_s_own_out(gathered: Make, probe: Make) -> None:
    [e] = gathered(probe(0, "rrwr"), question_id="other0")
    assert e.tried == Tried(right=2, tried=3, chance=0.5, best=2 / 3)
    [wrong_here] = gathered(probe(0, "rrwr"), question_id="other2")
    assert wrong_here.tried == Tried(3, 3, 0.5, 1.0)


def test_evidence_of_the_question_s_own_picture_alone_is_none(gathered: Make, probe: Make) -> None:
    [e] = gathered(probe(0, "r"), question_id="other0")
    assert e.tried is None


def test_evidence_without_probe_or_labels_elsewhere_is_none(gathered: Make, probe: Make) -> None:
    unprobed, unlabelled = gathered(None, probe(1, "rr", labelled_ids=(), right_ids=(), chance=None))
    assert (unprobed.tried, unprobed.looked, unprobed.probe_id) == (None, None, None)
    assert (unlabelled.tried, unlabelled.looked, unlabelled.probe_id) == (None, True, "b1")


def test_evidence_holds_every_candidate_against_the_best_of_them(gathered: Make, probe: Make) -> None:
    found = gathered(probe(0, "rrrw"), probe(1, "rwww"), None, question_id="elsewhere")
    assert [e.tried and (e.tried.share, e.tried.best) for e in found] == [(0.75, 0.75), (0.25, 0.75), None]


def test_evidence_of_the_best_counts_only_pictures_that_both_were_tried_on(
    gathered: Make, probe: Make
) -> None:
    fewer = probe(0, "rrr")  # a tool broke on its fourth picture
    first, second = gathered(fewer, probe(1, "rrrr"))
    assert first.tried == Tried(3, 3, 0.5, 1.0)
    assert second.tried == Tried(4, 4, 0.5, 1.0)


def test_evidence_is_not_held_against_a_probe_of_an_unknown_program(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    stranger = probe(9, "rrrr")
    [e] = gather_all(question(), [candidate(0)], [trace(0, "2")], [probe(0, "rrww"), stranger])
    assert e.tried == Tried(2, 4, 0.5, 0.5)


@pytest.mark.parametrize(
    ("changes", "looked"),
    [
        ({"moved": ("flipped",)}, True),
        ({"moved": ()}, False),
        ({"moved": (), "answers": ("1", "2"), "question_ids": ("a", "b")}, True),
        ({"moved": (), "answers": ("1", "1"), "question_ids": ("a", "b")}, False),
        ({"moved": (), "ablations": ()}, None),
        ({"moved": (), "ablations": (), "answers": ("1",), "question_ids": ("a",)}, None),
        ({"moved": (), "ablations": (), "answers": ("1", "2"), "question_ids": ("a", "b")}, True),
    ],
)
def test_evidence_of_looking_is_any_change_of_the_answer(
    gathered: Make, probe: Make, changes: dict[str, Any], looked: bool | None
) -> None:
    [e] = gathered(probe(0, "", **changes))
    assert e.looked is looked


def test_evidence_of_meaning_is_what_programs_answer_on_enough_other_pictures(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    answers = [("1", "2", "3"), ("1", "2", "3"), ("1", "2", "9")]
    probes = [
        probe(n, "", question_ids=("a", "b", "c"), answers=given, moved=("flipped",))
        for n, given in enumerate(answers)
    ]
    candidates, traces = [candidate(n) for n in range(3)], [trace(n, "2") for n in range(3)]
    found = gather_all(question(), candidates, traces, probes)
    assert [e.agreement.fellows for e in found] == [2, 2, 1]
    assert {e.agreement.share for e in found} == {1.0}
    assert {e.agreement.graphs for e in found} == {3}


def test_evidence_of_meaning_on_too_few_pictures_is_the_call_graph(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    candidates = [candidate(0, call_graph="g"), candidate(1, call_graph="g"), candidate(2, call_graph=None)]
    probes = [probe(n, "", question_ids=("a", "b"), answers=("1", "2")) for n in range(3)]
    found = gather_all(question(), candidates, [trace(n, "2") for n in range(3)], probes)
    assert [e.agreement.fellows for e in found] == [2, 2, 1]


def test_evidence_of_confidence_is_the_least_over_the_events(
    question: Make, candidate: Make, trace: Make
) -> None:
    patch = PatchRef(0, 'a "confidence":0.01 sign', Box(0, 0, 9, 9))
    events = [
        TraceEvent(n, 2, "tool", "exists", True, patch, ('said "confidence":0.001',), confidence)
        for n, confidence in enumerate((0.9, 0.25, None, 1e-5, 0.7))
    ]
    said = [events_to_json(tuple(events[:1])), events_to_json(tuple(events)), events_to_json((events[2],))]
    candidates = [candidate(n) for n in range(3)]
    traces = [trace(n, "2", events_json=text) for n, text in enumerate(said)]
    assert [e.confidence for e in gather_all(question(), candidates, traces)] == [0.9, 0.0, None]


def test_evidence_of_a_shortcut_needs_a_run(question: Make, candidate: Make, trace: Make) -> None:
    candidates = [candidate(0, source=ASK_ALL), candidate(1), candidate(2, source=ASK_ALL)]
    found = gather_all(question(), candidates, [trace(0, "2"), trace(1, "2")])
    assert [e.shortcut for e in found] == [True, False, False]


def test_evidence_of_an_answer_of_another_kind_is_told(question: Make, candidate: Make, trace: Make) -> None:
    answers = ["2", "yes", "red", None]
    found = gather_all(
        question(), [candidate(n) for n in range(4)], [trace(n, a) for n, a in enumerate(answers)]
    )
    assert [e.fits for e in found] == [True, False, False, None]
    assert [e.answer for e in found] == ["2", "yes", "red", None]


@pytest.mark.parametrize(
    ("changes", "answer", "options"),
    [({}, "2", 0), ({}, "No", 2), ({"choices": ("a cat", "a dog", "a hen")}, "b", 3)],
)
def test_evidence_counts_the_answers_that_a_guesser_has(
    gathered: Make, changes: dict[str, Any], answer: str, options: int
) -> None:
    [e] = gathered(None, answer=answer, **changes)
    assert e.options == options


def test_evidence_of_an_answer_that_says_nothing_is_no_answer(gathered: Make) -> None:
    [e] = gathered(None, answer="?!")
    assert (e.answer, e.correct, e.fits, e.agreement.share) == (None, False, None, 0.0)


def test_evidence_of_a_candidate_with_a_known_problem_ignores_what_is_left_of_it(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    known = candidate(0, problem="copied: from an example")
    found = gather_all(
        question(),
        [known, candidate(1)],
        [trace(0, "2"), trace(1, "2")],
        [probe(0, "rrrr"), probe(1, "rrww")],
    )
    assert (found[0].outcome, found[0].problem, found[0].answer) == ("copied", "from an example", None)
    assert (found[0].trace, found[0].tried, found[0].looked) == (None, None, None)
    assert found[1].tried is not None
    assert found[1].tried.best == 0.5
    assert found[1].agreement.share == 0.5


def test_evidence_of_a_program_without_a_trace_names_it_and_harms_no_other(
    question: Make, candidate: Make, trace: Make
) -> None:
    found = gather_all(question(), [candidate(0), candidate(1)], [trace(1, "2")])
    assert [(e.outcome, e.answer) for e in found] == [("missing", None), ("answered", "2")]
    assert found[0].problem is not None
    assert "p0" in found[0].problem


def test_evidence_of_equal_programs_shares_trace_and_probe(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    twins = [candidate(0), candidate(1, program_id="p0", call_graph="g0")]
    found = gather_all(question(), twins, [trace(0, "2")], [probe(0, "rrr")])
    assert [(e.answer, e.probe_id, e.agreement.fellows) for e in found] == [("2", "b0", 2)] * 2


def test_evidence_of_a_trace_without_known_columns_is_judged_by_its_answer(
    question: Make, candidate: Make, trace: Make
) -> None:
    later = trace(0, "2", events_json='{"schema":9}', outcome="answered")
    strange = trace(1, None, outcome="quantum", message=None, line=None)
    found = gather_all(question(), [candidate(0), candidate(1)], [later, strange])
    assert [(e.outcome, e.correct) for e in found] == [("answered", True), ("quantum", False)]
    assert found[1].problem
