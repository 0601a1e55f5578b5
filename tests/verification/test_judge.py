from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.conftest import CANDIDATE
from vpd.records import Question, Trace, Verdict
from vpd.verification.judge import judge
from vpd.verification.policy import AgreementPolicy

Make = Callable[..., Any]


@pytest.fixture
def judged(question: Make, candidate: Make, trace: Make) -> Callable[..., list[Verdict]]:
    """Judge a question by the answers of its candidates; None is a program that failed."""

    def run(given: list[str | None], logprobs: Any = None, **changes: Any) -> list[Verdict]:
        likely = logprobs or [-0.5] * len(given)
        candidates = [candidate(i, logprob=value) for i, value in enumerate(likely)]
        traces = {f"p{i}": trace(i, answer) for i, answer in enumerate(given)}
        return judge(question(**changes), candidates, traces)

    return run


def test_judge_labelled_question_keeps_only_answers_that_equal_a_label(judged: Make) -> None:
    verdicts = judged(["2", "Two.", "3", None])
    assert [v.kept for v in verdicts] == [True, True, False, False]
    assert [v.correct for v in verdicts] == [True, True, False, False]
    assert [v.agreement for v in verdicts] == [0.5, 0.5, 0.25, 0.0]
    assert {v.policy for v in verdicts} == {"label@1"}
    assert verdicts[3].outcome == "runtime"
    assert "line 3" in verdicts[3].reason


def test_judge_kept_with_equal_agreement_chooses_the_likelier(judged: Make) -> None:
    assert [v.chosen for v in judged(["2", "2", "2"], [-0.9, -0.1, None])] == [False, True, False]


def test_judge_full_tie_chooses_the_smaller_candidate_id(judged: Make) -> None:
    assert [v.chosen for v in judged(["2", "2"])] == [True, False]


def test_judge_several_labels_prefers_agreement_over_likelihood(judged: Make) -> None:
    verdicts = judged(["couch", "sofa", "sofa"], [-0.1, -0.8, -0.9], answers=("sofa", "couch"))
    assert [v.chosen for v in verdicts] == [False, True, False]


def test_judge_choice_letter_answer_counts_as_its_text(judged: Make) -> None:
    verdicts = judged(["B", "dog", "A"], answers=("dog",), choices=("cat", "dog"))
    assert [v.kept for v in verdicts] == [True, True, False]
    assert verdicts[0].answer == "dog"


def test_judge_unlabelled_keeps_the_majority_answer(judged: Make) -> None:
    verdicts = judged(["2", "3", "two", None, "2"], answers=())
    assert [v.kept for v in verdicts] == [True, False, True, False, True]
    assert {v.policy for v in verdicts} == {"agreement@1"}
    assert all(v.correct is None for v in verdicts)


@pytest.mark.parametrize("answers", [["2", "2", "3", "3"], ["2", "3", "4", "5", None], [None, None]])
def test_judge_unlabelled_without_majority_keeps_nothing(judged: Make, answers: list[str | None]) -> None:
    assert not any(v.kept or v.chosen for v in judged(answers, answers=()))


def test_judge_agreement_below_the_minimum_share_keeps_nothing(
    question: Make, candidate: Make, trace: Make
) -> None:
    candidates = [candidate(i) for i in range(3)]
    traces = {"p0": trace(0, "2"), "p1": trace(1, "2"), "p2": trace(2, "3")}
    strict = AgreementPolicy(minimum_share=0.9)
    assert not any(v.kept for v in judge(question(answers=()), candidates, traces, unlabelled=strict))


def test_judge_candidate_that_did_not_parse_says_why(question: Make, candidate: Make) -> None:
    (verdict,) = judge(question(), [candidate(0, program_id=None, problem="syntax: no expression: here")], {})
    assert (verdict.outcome, verdict.kept, verdict.trace_id) == ("syntax", False, None)
    assert "no expression: here" in verdict.reason


def test_judge_program_with_a_known_problem_was_not_run_and_says_which(
    question: Make, candidate: Make, trace: Make
) -> None:
    known = candidate(0, problem="copied: it looks for a brown cube")
    verdicts = judge(question(), [known, candidate(1)], {"p1": trace(1, "2")})
    assert [(v.outcome, v.kept) for v in verdicts] == [("copied", False), ("answered", True)]
    assert "brown cube" in verdicts[0].reason
    assert verdicts[1].agreement == 0.5


def test_judge_program_without_trace_is_typed_and_names_the_program(question: Make, candidate: Make) -> None:
    (verdict,) = judge(question(), [candidate(7)], {})
    assert (verdict.outcome, verdict.kept) == ("missing", False)
    assert "p7" in verdict.reason


def test_judge_two_candidates_with_one_program_share_its_trace(
    question: Make, candidate: Make, trace: Make
) -> None:
    verdicts = judge(question(), [candidate(0), candidate(1, program_id="p0")], {"p0": trace(0, "2")})
    assert [v.trace_id for v in verdicts] == ["t0", "t0"]
    assert len({v.verdict_id for v in verdicts}) == 2


ANSWERS = st.lists(st.sampled_from(["2", "two", "3", "red", None]), max_size=7)


@given(answers=ANSWERS, labels=st.sampled_from([(), ("2",), ("red", "3")]), data=st.data())
def test_judge_any_answers_chooses_one_exactly_when_some_are_kept(
    answers: list[str | None], labels: tuple[str, ...], data: st.DataObject
) -> None:
    question = Question("q", "i", "t", labels, (), "f", "train", False, "s")
    logprobs = st.one_of(st.none(), st.floats(-9, 0))
    candidates, traces = [], {}
    for i, answer in enumerate(answers):
        logprob = data.draw(logprobs)
        candidates.append(
            replace(CANDIDATE, candidate_id=f"c{i}", sample_index=i, program_id=f"p{i}", logprob=logprob)
        )
        outcome = "runtime" if answer is None else "answered"
        traces[f"p{i}"] = Trace(
            f"t{i}", "q", "i", f"p{i}", outcome, answer, None, None, None, "[]", 0, 0, "v", "vm", 0.0
        )
    verdicts = judge(question, candidates, traces)
    kept = [v for v in verdicts if v.kept]
    assert len(verdicts) == len(candidates)
    assert sum(v.chosen for v in verdicts) == (1 if kept else 0)
    assert all(v.kept for v in verdicts if v.chosen)
    shuffled = judge(question, candidates[::-1], traces)
    assert sorted(shuffled, key=lambda v: v.candidate_id) == sorted(verdicts, key=lambda v: v.candidate_id)
