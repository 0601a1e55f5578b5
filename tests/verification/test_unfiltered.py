"""Without a filter, and with fewer candidates: what is judged and chosen then."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from vpd.records import PROBES, PROGRAMS, QUESTIONS, TRACES, VERDICTS, Verdict
from vpd.store import ArtifactStore
from vpd.verification.stage import verify_programs

Make = Callable[..., Any]
SHARD = "s-000"


@pytest.fixture
def store(tmp_path: Path, question: Make, candidate: Make, trace: Make) -> ArtifactStore:
    """One question: the first candidate fails, the second is wrong, the others are right."""
    store = ArtifactStore.open(str(tmp_path / "store"))
    rows: list[tuple[Any, list[Any]]] = [
        (QUESTIONS, [question()]),
        (PROGRAMS, [candidate(i) for i in (3, 1, 0, 2)]),
        (TRACES, [trace(i, answer) for i, answer in enumerate((None, "7", "2", "2"))]),
        (PROBES, []),
    ]
    for table, values in rows:
        store.write_shard(table, SHARD, table.frame(values), "g")
    return store


def verdicts_of(store: ArtifactStore) -> list[Verdict]:
    return VERDICTS.rows(store.read_shard(VERDICTS, SHARD))


def test_unfiltered_chooses_the_first_candidate_with_an_answer_right_or_not(store: ArtifactStore) -> None:
    verify_programs(store, SHARD, policy="unfiltered")
    verdicts = verdicts_of(store)
    assert {v.policy for v in verdicts} == {"unfiltered@1"}
    assert [(v.candidate_id, v.correct) for v in verdicts if v.chosen] == [("c1", False)]
    assert {v.candidate_id for v in verdicts if v.kept} == {"c1", "c2", "c3"}
    assert {v.candidate_id for v in verdicts if "label@1" in v.kept_by} == {"c2", "c3"}


def test_verify_programs_first_judges_the_first_samples_alone(store: ArtifactStore) -> None:
    verify_programs(store, SHARD, policy="label", first=2)
    verdicts = verdicts_of(store)
    assert [v.candidate_id for v in verdicts] == ["c0", "c1"]
    assert not any(v.kept for v in verdicts)
    assert {v.agreement for v in verdicts if v.answer} == {0.5}


def test_verify_programs_first_of_all_computes_again_and_gives_the_same(store: ArtifactStore) -> None:
    every = verify_programs(store, SHARD).manifest
    four = verify_programs(store, SHARD, first=4)
    assert four.computed
    assert four.manifest.data_sha256 == every.data_sha256
