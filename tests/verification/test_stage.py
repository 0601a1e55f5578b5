from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vpd.errors import MissingShardError
from vpd.records import PROGRAMS, QUESTIONS, TRACES, VERDICTS
from vpd.store import ArtifactStore
from vpd.verification.stage import verify_programs
from vpd.verification.yields import add_yields, rates

Make = Callable[..., Any]


@pytest.fixture
def store(tmp_path: Path, question: Make, candidate: Make, trace: Make) -> ArtifactStore:
    """A shard with a labelled, an unlabelled and a candidate-less question; five candidates for one text."""
    store = ArtifactStore.open(str(tmp_path / "store"))
    questions = [
        question(),
        question(question_id="q2", answers=(), family="user"),
        question(question_id="q3", text="Something else?"),
    ]
    candidates = [
        *(candidate(i) for i in range(4)),
        candidate(4, program_id=None, problem="syntax: no expression"),
    ]
    traces = []
    for name, answers in (("q1", ["2", "2", "3", None]), ("q2", ["3", "3", "3", "1"])):
        traces += [trace(i, a, question_id=name, trace_id=f"{name}-{i}") for i, a in enumerate(answers)]
    store.write_shard(QUESTIONS, "s-000", QUESTIONS.frame(questions), "f")
    store.write_shard(PROGRAMS, "s-000", PROGRAMS.frame(candidates), "f")
    store.write_shard(TRACES, "s-000", TRACES.frame(traces), "f")
    return store


def test_verify_programs_writes_one_verdict_per_question_and_candidate(store: ArtifactStore) -> None:
    result = verify_programs(store, "s-000")
    verdicts = VERDICTS.rows(store.read_shard(VERDICTS, "s-000"))
    assert result.manifest.rows == 10
    assert {(v.question_id, v.candidate_id) for v in verdicts} == {
        (q, f"c{i}") for q in ("q1", "q2") for i in range(5)
    }
    assert {v.question_id: v.answer for v in verdicts if v.chosen} == {"q1": "2", "q2": "3"}


def test_verify_programs_stats_give_yields_by_family(store: ArtifactStore) -> None:
    yields = verify_programs(store, "s-000").manifest.stats["yields"]
    count = yields["count"]
    assert (count["questions"], count["without_candidates"], count["candidates"]) == (2, 1, 5)
    assert (count["answered"], count["correct"], count["any_correct"]) == (3, 2, 1)
    assert (count["outcome_runtime"], count["outcome_syntax"]) == (1, 1)
    assert rates(count) == {
        "executes": 0.6,
        "pass_at_1": 0.4,
        "any_of_k": 0.5,
        "kept": 0.5,
        "answers_per_question": 1.0,
    }
    assert (yields["user"]["kept_unlabelled"], rates(yields["user"])["pass_at_1"]) == (1, None)
    assert yields["all"]["questions"] == 3


def test_add_yields_of_two_shards_doubles_every_count(store: ArtifactStore) -> None:
    yields = verify_programs(store, "s-000").manifest.stats["yields"]
    total = add_yields([yields, yields])
    assert total == {f: {name: 2 * n for name, n in counts.items()} for f, counts in yields.items()}


def test_verify_programs_again_does_nothing(store: ArtifactStore) -> None:
    assert verify_programs(store, "s-000").computed
    assert not verify_programs(store, "s-000").computed


def test_verify_programs_candidates_are_judged_for_the_choices_they_were_written_for(
    store: ArtifactStore, question: Make, candidate: Make, trace: Make
) -> None:
    choices = ("2", "3")
    questions = [question(), question(question_id="q2", choices=choices)]
    candidates = [candidate(0), candidate(1, choices=choices)]
    traces = [trace(0, "2"), trace(1, "2", question_id="q2")]
    store.write_shard(QUESTIONS, "s-000", QUESTIONS.frame(questions), "g")
    store.write_shard(PROGRAMS, "s-000", PROGRAMS.frame(candidates), "g")
    store.write_shard(TRACES, "s-000", TRACES.frame(traces), "g")
    verify_programs(store, "s-000")
    verdicts = VERDICTS.rows(store.read_shard(VERDICTS, "s-000"))
    assert {(v.question_id, v.candidate_id, v.outcome) for v in verdicts} == {
        ("q1", "c0", "answered"),
        ("q2", "c1", "answered"),
    }


def test_verify_programs_other_minimum_share_computes_again(store: ArtifactStore) -> None:
    verify_programs(store, "s-000")
    assert verify_programs(store, "s-000", minimum_share=0.9).computed
    verdicts = VERDICTS.rows(store.read_shard(VERDICTS, "s-000"))
    assert not any(v.kept for v in verdicts if v.question_id == "q2")


def test_verify_programs_shard_without_traces_says_which_is_missing(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match="s-001"):
        verify_programs(store, "s-001")
