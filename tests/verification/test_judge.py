"""The verdicts on a question's candidates."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.conftest import QUESTION, make_candidate, make_probe, make_trace
from vpd.records import Probe, Verdict
from vpd.scoring.score import SCORER
from vpd.verification.judge import Policies, judge
from vpd.verification.policy import AgreementPolicy, LabelPolicy, ProbedPolicy

Make = Callable[..., Any]
BY_LABEL = Policies(labelled=LabelPolicy())


@pytest.fixture
def judged(question: Make, candidate: Make, trace: Make) -> Callable[..., list[Verdict]]:
    """Judge a question by the answers of its candidates; None is a program that failed."""

    def run(
        given: list[str | None], logprobs: Any = None, policies: Policies | None = BY_LABEL, **changes: Any
    ) -> list[Verdict]:
        likely = logprobs or [-0.5] * len(given)
        candidates = [candidate(i, logprob=value, call_graph="g") for i, value in enumerate(likely)]
        traces = {f"p{i}": trace(i, answer) for i, answer in enumerate(given)}
        return judge(question(**changes), candidates, traces, policies=policies)

    return run


def test_judge_labelled_question_keeps_only_answers_that_equal_a_label(judged: Make) -> None:
    verdicts = judged(["2", "Two.", "3", None])
    assert [v.kept for v in verdicts] == [True, True, False, False]
    assert [v.correct for v in verdicts] == [True, True, False, False]
    assert [v.refused_by for v in verdicts] == [None, None, "label", "outcome"]
    assert [v.agreement for v in verdicts] == [0.5, 0.5, 0.25, 0.0]
    assert {(v.policy, v.scorer) for v in verdicts} == {("label@1", SCORER)}
    assert verdicts[3].outcome == "runtime"
    assert "line 3" in verdicts[3].reason


def test_judge_goes_by_probed_or_without_labels_by_agreement_unless_told_otherwise(judged: Make) -> None:
    assert {v.policy for v in judged(["2"], policies=None)} == {"probed@1"}
    assert {v.policy for v in judged(["2"], policies=None, answers=())} == {"agreement@2"}


def test_judge_names_every_policy_that_would_keep_a_candidate(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    asked = question(text="Is there a cube?", answers=("yes",))
    answers = ["yes", "yes", "no", "no", "no"]
    candidates = [candidate(n, call_graph="g" if n > 1 else f"g{n}") for n in range(5)]
    traces = {f"p{n}": trace(n, answer) for n, answer in enumerate(answers)}
    probes = {"p0": probe(0, "r" * 12), "p1": probe(1, "rw" * 6)}
    verdicts = judge(asked, candidates, traces, probes)
    assert [v.kept_by for v in verdicts] == [
        ("probed@1", "label@1"),
        ("label@1",),
        *[("agreement@2",)] * 3,
    ]
    assert [v.kept for v in verdicts] == [True, False, False, False, False]


@pytest.mark.parametrize("strict", [True, False])
def test_judge_policy_in_force_hides_a_compared_one_of_its_name(
    question: Make, candidate: Make, trace: Make, strict: bool
) -> None:
    asked = question(text="Is there a cube?", answers=("yes",))
    own = ProbedPolicy(alike=1.1 if strict else 0.0)
    candidates = [candidate(n, call_graph="g" if strict else f"g{n // 2}") for n in range(6)]
    traces = {f"p{n}": trace(n, "yes") for n in range(6)}
    verdicts = judge(asked, candidates, traces, policies=Policies(labelled=own))
    assert [v.kept for v in verdicts] == [not strict] * 6
    assert all(("probed@1" in v.kept_by) is v.kept for v in verdicts)


def test_judge_copies_the_evidence_into_the_verdict(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    seen = trace(0, "2", events_json='[{"confidence":0.4},{"confidence":0.6}]')
    [verdict] = judge(question(), [candidate(0)], {"p0": seen}, {"p0": probe(0, "rrrw")})
    assert (verdict.trace_id, verdict.probe_id, verdict.confidence) == ("t0", "b0", 0.4)
    assert (verdict.tried, verdict.tried_right, verdict.looked, verdict.fits) == (4, 3, True, True)
    assert verdict.luck == pytest.approx(6 / 32)
    assert (verdict.alike, verdict.call_graphs, verdict.shortcut) == (1.0, 1, False)


def test_judge_kept_with_equal_agreement_chooses_the_likelier(judged: Make) -> None:
    assert [v.chosen for v in judged(["2", "2", "2"], [-0.9, -0.1, None])] == [False, True, False]


def test_judge_full_tie_chooses_the_smaller_candidate_id(judged: Make) -> None:
    assert [v.chosen for v in judged(["2", "2"])] == [True, False]


def test_judge_several_labels_prefers_agreement_over_likelihood(judged: Make) -> None:
    verdicts = judged(["couch", "sofa", "sofa"], [-0.1, -0.8, -0.9], answers=("sofa", "couch"))
    assert [v.chosen for v in verdicts] == [False, True, False]


def test_judge_prefers_what_is_right_on_other_pictures_over_agreement(
    question: Make, candidate: Make, trace: Make, probe: Make
) -> None:
    candidates = [candidate(n, call_graph="g" if n else "h") for n in range(3)]
    traces = {f"p{n}": trace(n, "2") for n in range(3)}
    probes = {"p0": probe(0, "rr"), "p1": probe(1, "rw"), "p2": probe(2, "rw")}
    verdicts = judge(question(), candidates, traces, probes, BY_LABEL)
    assert [v.chosen for v in verdicts] == [True, False, False]


def test_judge_prefers_confident_tools_over_likelihood(question: Make, candidate: Make, trace: Make) -> None:
    candidates = [candidate(0, logprob=-0.1), candidate(1, logprob=-0.9)]
    traces = {f"p{n}": trace(n, "2", events_json=f'[{{"confidence":0.{3 + n}}}]') for n in range(2)}
    assert [v.chosen for v in judge(question(), candidates, traces, policies=BY_LABEL)] == [False, True]


def test_judge_choice_letter_answer_counts_as_its_text(judged: Make) -> None:
    verdicts = judged(["B", "dog", "A"], answers=("dog",), choices=("cat", "dog"))
    assert [v.kept for v in verdicts] == [True, True, False]
    assert verdicts[0].answer == "dog"


def test_judge_unlabelled_keeps_the_majority_answer(judged: Make) -> None:
    verdicts = judged(["2", "3", "two", None, "2"], answers=())
    assert [v.kept for v in verdicts] == [True, False, True, False, True]
    assert all(v.correct is None for v in verdicts)


@pytest.mark.parametrize(
    "answers", [["2", "2", "3", "3"], ["2", "3", "4", "5", None], [None, None], ["?", "!", "."]]
)
def test_judge_unlabelled_without_majority_keeps_nothing(judged: Make, answers: list[str | None]) -> None:
    assert not any(v.kept or v.chosen for v in judged(answers, answers=()))


def test_judge_agreement_below_the_share_that_is_asked_for_keeps_nothing(judged: Make) -> None:
    strict = Policies(unlabelled=AgreementPolicy(alike=0.9))
    assert not any(v.kept for v in judged(["2", "2", "3"], policies=strict, answers=()))


def test_judge_candidate_that_did_not_parse_says_why(question: Make, candidate: Make) -> None:
    (verdict,) = judge(question(), [candidate(0, program_id=None, problem="syntax: no expression: here")], {})
    assert (verdict.outcome, verdict.kept, verdict.trace_id) == ("syntax", False, None)
    assert "no expression: here" in verdict.reason


def test_judge_program_with_a_known_problem_was_not_run_and_says_which(
    question: Make, candidate: Make, trace: Make
) -> None:
    known = candidate(0, problem="copied: it looks for a brown cube")
    verdicts = judge(question(), [known, candidate(1)], {"p1": trace(1, "2")}, policies=BY_LABEL)
    assert [(v.outcome, v.kept) for v in verdicts] == [("copied", False), ("answered", True)]
    assert "brown cube" in verdicts[0].reason
    assert verdicts[1].agreement == 0.5


def test_judge_program_without_trace_is_typed_and_names_the_program(question: Make, candidate: Make) -> None:
    (verdict,) = judge(question(), [candidate(7)], {})
    assert (verdict.outcome, verdict.kept, verdict.refused_by) == ("missing", False, "outcome")
    assert "p7" in verdict.reason


def test_judge_two_candidates_with_one_program_share_its_trace(
    question: Make, candidate: Make, trace: Make
) -> None:
    twins = [candidate(0), candidate(1, program_id="p0", call_graph="g0")]
    verdicts = judge(question(), twins, {"p0": trace(0, "2")})
    assert [v.trace_id for v in verdicts] == ["t0", "t0"]
    assert len({v.verdict_id for v in verdicts}) == 2
    assert sum(v.chosen for v in verdicts) == 1


PROBES = st.none() | st.tuples(st.text("rw", max_size=5), st.booleans())
ANSWERS = st.lists(st.tuples(st.sampled_from(["2", "two", "3", "red", "yes", "?", None]), PROBES), max_size=7)


@given(answers=ANSWERS, labels=st.sampled_from([(), ("2",), ("red", "3"), ("yes",)]), data=st.data())
def test_judge_any_answers_chooses_one_exactly_when_some_are_kept(
    answers: list[tuple[str | None, tuple[str, bool] | None]], labels: tuple[str, ...], data: st.DataObject
) -> None:
    question = replace(QUESTION, answers=labels, question_id=data.draw(st.sampled_from(["q", "other1"])))
    candidates, traces, probes = [], {}, dict[str, Probe]()
    for i, (answer, did) in enumerate(answers):
        logprob, graph = data.draw(st.none() | st.floats(-9, 0)), data.draw(st.sampled_from([None, "g", "h"]))
        candidates.append(make_candidate(i, logprob=logprob, call_graph=graph))
        traces[f"p{i}"] = make_trace(i, answer)
        if did is not None:
            probe = make_probe(i, did[0])
            probes[f"p{i}"] = replace(probe, moved=probe.moved if did[1] else ())
    verdicts = judge(question, candidates, traces, probes)
    kept = [v for v in verdicts if v.kept]
    assert len(verdicts) == len(candidates)
    assert sum(v.chosen for v in verdicts) == (1 if kept else 0)
    assert all(v.kept and v.policy in v.kept_by for v in verdicts if v.chosen)
    assert all((v.refused_by is None) is v.kept for v in verdicts)
    shuffled = judge(question, data.draw(st.permutations(candidates)), traces, probes)
    assert sorted(shuffled, key=lambda v: v.candidate_id) == sorted(verdicts, key=lambda v: v.candidate_id)
