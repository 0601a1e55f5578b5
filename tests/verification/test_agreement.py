"""What stands behind an answer: votes, and votes of one meaning."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.verification.agreement import Agreement, Voter, agreements


def test_agreement_of_one_answer_reached_in_two_ways() -> None:
    voters = [Voter("g0", "2", "m"), Voter("g1", "2", "m"), Voter("g2", "2", "n"), Voter("g3", "3", "m")]
    assert agreements(voters) == [
        Agreement(0.75, 0.5, 2, 3),
        Agreement(0.75, 0.5, 2, 3),
        Agreement(0.75, 0.25, 1, 3),
        Agreement(0.25, 0.25, 1, 1),
    ]


def test_agreement_of_programs_with_one_call_graph_counts_them_all_and_the_graph_once() -> None:
    found = agreements([Voter("g", "2", "m"), Voter("g", "2", "m"), Voter("g", "2", "n")])
    assert [(a.fellows, a.graphs) for a in found] == [(2, 1), (2, 1), (1, 1)]


def test_agreement_of_no_answer_is_nothing_though_all_failed_alike() -> None:
    found = agreements([Voter("g", None, "m"), Voter("g", None, "m"), Voter("h", "2", "m")])
    assert [(a.share, a.alike, a.fellows, a.graphs) for a in found[:2]] == [(0, 0, 0, 0)] * 2
    assert found[2].share == pytest.approx(1 / 3)  # those that failed count as candidates


def test_agreement_of_nobody_is_empty() -> None:
    assert agreements([]) == []


VOTERS = st.lists(
    st.builds(
        Voter, st.sampled_from("gh"), st.sampled_from(["yes", "no", None]), st.sampled_from(["m", "n"])
    ),
    max_size=8,
)


@given(voters=VOTERS, data=st.data())
def test_agreement_adds_up_and_does_not_depend_on_the_order(voters: list[Voter], data: st.DataObject) -> None:
    found = dict(zip(map(str, range(len(voters))), agreements(voters), strict=True))
    for place, agreement in found.items():
        assert agreement.alike <= agreement.share <= 1
        assert agreement.fellows == pytest.approx(agreement.alike * len(voters))
        assert (agreement.share > 0) == (voters[int(place)].answer is not None)
    order = data.draw(st.permutations(range(len(voters))))
    again = agreements([voters[i] for i in order])
    assert again == [found[str(i)] for i in order]
