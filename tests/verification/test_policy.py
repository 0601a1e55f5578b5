"""What each policy makes of a question's candidates, situation by situation, and what holds for any."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verification.conftest import CANDIDATE, QUESTION, make_candidate, make_probe, make_trace
from vpd.verification.agreement import Voter, agreements
from vpd.verification.evidence import Evidence, Tried, gather
from vpd.verification.judge import choose
from vpd.verification.policy import AgreementPolicy, Bar, LabelPolicy, Policy, ProbedPolicy

KEPT = None
ALL, MOST, HALF = "r" * 12, "r" * 11 + "w", "rw" * 6
CHOICES = ("a cat", "a dog", "a hen", "a cow")
PIECES = {
    "yes or no": replace(QUESTION, text="Is there a cube?", answers=("yes",)),
    "number": QUESTION,
    "choice": replace(QUESTION, text="Which animal is it?", answers=("a dog",), choices=CHOICES),
}
SHORTCUT = (
    "def execute_command(image):\n    return ImagePatch(image).simple_query('How many cubes are there?')"
)


@dataclass(frozen=True)
class One:
    """A candidate: its answer, how it did on other pictures of so many labels, and its call graph."""

    answer: str | None
    did: str | None = None
    labels: int = 2
    graph: str | None = None
    moved: bool = True
    shortcut: bool = False


def refusals(policy: Policy, asked: str, ones: list[One], labelled: bool = True) -> list[str | None]:
    """Return what a policy refuses each candidate by; None where it keeps it."""
    candidates, traces, probes = [], {}, {}
    for n, one in enumerate(ones):
        changes: dict[str, Any] = {"source": SHORTCUT} if one.shortcut else {}
        candidates.append(make_candidate(n, call_graph=one.graph or f"g{n}", **changes))
        traces[f"p{n}"] = make_trace(n, one.answer)
        if one.did is not None:
            probe = make_probe(n, one.did, one.labels)
            still: dict[str, Any] = {"answers": ("1",) * len(one.did), "moved": ()}
            probes[f"p{n}"] = probe if one.moved else replace(probe, **still)
    question = PIECES[asked] if labelled else replace(PIECES[asked], answers=())
    return [d.refused_by for d in policy.decide(gather(question, candidates, traces, probes))]


def alone(answer: str, **changes: Any) -> list[One]:
    """Five candidates of which the first answers, and the others something else each in its own way."""
    return [One(answer, **changes), *(One("no") for _ in range(4))]


PROBED: dict[str, tuple[str, list[One], list[str | None]]] = {
    "a lucky yes among five, no other pictures": ("yes or no", alone("yes"), ["luck", *["label"] * 4]),
    "a lucky yes that guesses elsewhere": ("yes or no", alone("yes", did=HALF), ["pictures", *["label"] * 4]),
    "a lucky yes with few other pictures": ("yes or no", alone("yes", did="rr"), ["luck", *["label"] * 4]),
    "a right one alone among five": ("yes or no", alone("yes", did=ALL), [KEPT, *["label"] * 4]),
    "all other pictures have one label": (
        "yes or no",
        alone("yes", did=ALL, labels=1),
        ["luck", *["label"] * 4],
    ),
    "all other pictures have one label, and most mean the same": (
        "yes or no",
        [One("yes", ALL, 1)] * 3 + [One("no"), One("no")],
        [KEPT, KEPT, KEPT, "label", "label"],
    ),
    "worse than the best elsewhere": (
        "number",
        [One("2", ALL), One("2", MOST), One("2", HALF)],
        [KEPT, "better", "pictures"],
    ),
    "the best elsewhere is wrong here": ("number", [One("3", ALL), One("2", MOST)], ["label", "better"]),
    "none is perfect elsewhere": ("number", [One("2", MOST), One("2", MOST)], [KEPT, KEPT]),
    "a constant": ("number", [One("2", ALL, moved=False), One("2", ALL)], ["unmoved", KEPT]),
    "a shortcut beside another": (
        "number",
        [One("2", ALL, shortcut=True), One("2", ALL)],
        ["shortcut", KEPT],
    ),
    "shortcuts alone": (
        "number",
        [One("2", ALL, shortcut=True), One("2", ALL, shortcut=True), One("3")],
        [KEPT, KEPT, "label"],
    ),
    "a shortcut beside one that is refused": (
        "number",
        [One("2", ALL, shortcut=True), One("2", HALF)],
        [KEPT, "pictures"],
    ),
    "a shortcut that is refused for something else": (
        "number",
        [One("3", ALL, shortcut=True), One("2", ALL)],
        ["label", KEPT],
    ),
    "one candidate that counts, no other pictures": ("number", [One("2")], [KEPT]),
    "one candidate that says yes, no other pictures": ("yes or no", [One("yes")], ["luck"]),
    "one candidate with other pictures": ("yes or no", [One("yes", ALL)], [KEPT]),
    "five ways to yes, no other pictures": ("yes or no", [One("yes") for _ in range(5)], ["luck"] * 5),
    "three of five the same way to yes, no other pictures": (
        "yes or no",
        [One("yes", graph="g")] * 3 + [One("no"), One("yes")],
        [KEPT, KEPT, KEPT, "label", "luck"],
    ),
    "a lucky option": ("choice", [One("b"), One("a cat"), One("c")], ["luck", "label", "label"]),
    "none right": ("number", [One("3"), One(None)], ["label", "outcome"]),
    "nobody": ("number", [], []),
}


@pytest.mark.parametrize("situation", PROBED)
def test_probed_policy_keeps_label_matches_that_are_no_luck(situation: str) -> None:
    asked, ones, expected = PROBED[situation]
    assert refusals(ProbedPolicy(), asked, ones) == expected


def test_policies_but_label_refuse_a_program_that_ignores_what_the_question_names() -> None:
    candidates = [make_candidate(0), make_candidate(1)]
    traces = {"p0": make_trace(0, "2"), "p1": make_trace(1, "2")}
    twins = {"p0": make_probe(0, ALL), "p1": make_probe(1, ALL)}
    known = frozenset({"cube", "green"})
    evidence = gather(
        replace(QUESTION, text="How many green cubes are there?"), candidates, traces, twins, known
    )
    refused = {p.name: {d.refused_by for d in p.decide(evidence)} for p in POLICIES}
    assert refused == {"label@1": {None}, "probed@1": {"ignores"}, "agreement@2": {"ignores"}}


@pytest.mark.parametrize("situation", PROBED)
def test_label_policy_keeps_label_matches_however_they_came(situation: str) -> None:
    asked, ones, expected = PROBED[situation]
    kept = [KEPT if refused not in ("label", "outcome") else refused for refused in expected]
    assert refusals(LabelPolicy(), asked, ones) == kept


AGREEMENT: dict[str, tuple[str, list[One], list[str | None]]] = {
    "most mean the same": (
        "number",
        [One("2", graph="g")] * 3 + [One("2"), One("3")],
        [KEPT, KEPT, KEPT, "meaning", "meaning"],
    ),
    "all say the same, each in its own way": ("number", [One("2") for _ in range(5)], ["meaning"] * 5),
    "a tie": ("number", [One("2", graph="g")] * 2 + [One("3", graph="h")] * 2, ["meaning"] * 4),
    "just enough": (
        "number",
        [One("2", graph="g")] * 2 + [One("3"), One("4")],
        [KEPT, KEPT, "meaning", "meaning"],
    ),
    "too few": ("number", [One("2", graph="g")] * 2 + [One("3"), One("4"), One("5")], ["meaning"] * 5),
    "those that fail count": (
        "number",
        [One("2", graph="g")] * 2 + [One(None)] * 3,
        ["meaning", "meaning", *["outcome"] * 3],
    ),
    "all fail": ("number", [One(None), One(None)], ["outcome", "outcome"]),
    "most answer something of another kind": (
        "number",
        [One("yes", graph="g")] * 3 + [One("2")],
        ["kind", "kind", "kind", "meaning"],
    ),
    "most are constant": (
        "number",
        [One("2", "rrrr", moved=False)] * 3 + [One("3")],
        ["unmoved"] * 3 + ["meaning"],
    ),
    "one call graph that means different things elsewhere": (
        "number",
        [One("2", HALF, graph="g"), One("2", HALF, graph="g")],
        ["meaning", "meaning"],
    ),
    "one alone": ("yes or no", [One("yes")], [KEPT]),
    "one alone that is poor where there is a label": ("number", [One("2", HALF)], ["pictures"]),
    "one alone that another is better than": (
        "number",
        [One("2", MOST, graph="g"), One(None, ALL)],
        ["better", "outcome"],
    ),
    "nobody": ("number", [], []),
}


@pytest.mark.parametrize("situation", AGREEMENT)
def test_agreement_policy_keeps_what_most_mean_or_abstains(situation: str) -> None:
    asked, ones, expected = AGREEMENT[situation]
    assert refusals(AgreementPolicy(), asked, ones, labelled=False) == expected


def test_agreement_policy_with_a_higher_share_abstains_more() -> None:
    ones = [One("2", graph="g")] * 3 + [One("3")]
    assert refusals(AgreementPolicy(0.75), "number", ones, labelled=False)[0] is KEPT
    assert refusals(AgreementPolicy(0.8), "number", ones, labelled=False)[0] == "meaning"


@pytest.mark.parametrize(
    ("bar", "right", "refused"),
    [
        (Bar(0.7, 0), 17, None),  # half of 20 by guessing, and 0.7 of the way from there
        (Bar(0.7, 0), 16, "pictures"),
        (Bar(0.0, 0), 10, None),
        (Bar(0.0, 0), 9, "pictures"),
        (Bar(1.0, 9), 19, "pictures"),
    ],
)
def test_bar_is_part_of_the_way_from_guessing_to_perfect(bar: Bar, right: int, refused: str | None) -> None:
    found = bar.against(Tried(right, 20, 0.5, right / 20))
    assert (found and found.refused_by) == refused


def test_bar_lets_a_program_be_so_many_pictures_behind_the_best() -> None:
    tried = Tried(9, 12, 0.1, 11 / 12)
    found = [Bar(behind=behind).against(tried) for behind in (0, 1, 2)]
    assert [f and f.refused_by for f in found] == ["better", "better", None]


def test_bar_is_no_obstacle_without_other_pictures() -> None:
    assert Bar().against(None) is None


POLICIES: list[Policy] = [
    LabelPolicy(),
    ProbedPolicy(),
    ProbedPolicy(luck=1.0),
    AgreementPolicy(),
    AgreementPolicy(0.9),
]
TRIED = st.none() | st.builds(
    lambda right, wrong, chance, better: Tried(
        right, right + wrong, chance, min(1.0, (right + better) / (right + wrong))
    ),
    st.integers(0, 12),
    st.integers(1, 3),
    st.floats(0.0, 1.0),
    st.integers(0, 2),
)


@st.composite
def any_evidence(draw: st.DrawFn) -> list[Evidence]:
    voters = draw(
        st.lists(
            st.builds(
                Voter,
                st.sampled_from("gh"),
                st.sampled_from(["yes", "no", "2", None]),
                st.sampled_from(["m", "n"]),
            ),
            max_size=6,
        )
    )
    return [
        Evidence(
            candidate=replace(
                CANDIDATE, candidate_id=f"c{n}", logprob=draw(st.none() | st.sampled_from([-0.5, -0.1]))
            ),
            trace=None,
            outcome="runtime" if voter.answer is None else "answered",
            answer=voter.answer,
            correct=voter.answer is not None and draw(st.booleans()),
            agreement=agreement,
            problem=None,
            fits=None if voter.answer is None else draw(st.booleans()),
            options=2 if voter.answer in ("yes", "no") else 0,
            tried=draw(TRIED),
            looked=draw(st.sampled_from([None, True, False])),
            ignored=draw(st.sampled_from([(), ("green",)])),
            shortcut=draw(st.booleans()),
            confidence=draw(st.none() | st.sampled_from([0.2, 0.9])),
        )
        for n, (voter, agreement) in enumerate(zip(voters, agreements(voters), strict=True))
    ]


@given(evidence=any_evidence(), policy=st.sampled_from(POLICIES), data=st.data())
def test_policy_of_any_evidence_does_not_depend_on_the_order_and_chooses_one_that_it_keeps(
    evidence: list[Evidence], policy: Policy, data: st.DataObject
) -> None:
    decisions = policy.decide(evidence)
    assert len(decisions) == len(evidence)
    order = data.draw(st.permutations(range(len(evidence))))
    other = [evidence[i] for i in order]
    again = policy.decide(other)
    assert again == [decisions[i] for i in order]
    kept = [e for e, d in zip(evidence, decisions, strict=True) if d.kept]
    chosen = choose(evidence, decisions)
    assert (chosen in kept) if kept else chosen is None
    assert choose(other, again) is chosen
    assert all(e.answer is not None for e in kept)
    assert all(d.reason for d in decisions)


@given(evidence=any_evidence())
def test_probed_policy_of_any_evidence_keeps_only_what_label_keeps_and_nothing_speaks_against(
    evidence: list[Evidence],
) -> None:
    label, probed = LabelPolicy().decide(evidence), ProbedPolicy().decide(evidence)
    kept = [e for e, d in zip(evidence, probed, strict=True) if d.kept]
    assert all(a.kept for a, b in zip(label, probed, strict=True) if b.kept)
    assert all(e.looked is not False and not e.ignored and Bar().against(e.tried) is None for e in kept)
    assert len({e.shortcut for e in kept}) <= 1


@given(evidence=any_evidence())
def test_agreement_policy_of_any_evidence_keeps_one_answer_of_the_asked_kind(
    evidence: list[Evidence],
) -> None:
    decisions = AgreementPolicy().decide(evidence)
    kept = [e for e, d in zip(evidence, decisions, strict=True) if d.kept]
    assert len({e.answer for e in kept}) <= 1
    assert all(e.fits and e.looked is not False and not e.ignored for e in kept)
    assert all(e.agreement.alike >= 0.5 for e in kept)
