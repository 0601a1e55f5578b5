from dataclasses import replace

import pytest

from tests.export.conftest import CASES, SHARDS, SYNTAX, Fill
from vpd.errors import MissingShardError
from vpd.export.tries import Tries, read_tries
from vpd.records import PROGRAMS, REPLACED
from vpd.store import ArtifactStore


@pytest.fixture
def tries(store: ArtifactStore) -> dict[str, Tries]:
    """What was tried, by question."""
    return {t.question.question_id: t for shard in SHARDS for t in read_tries(store, shard)}


def _ranks(tries: Tries) -> dict[str, list[str]]:
    ranks = dict.fromkeys(t.rank for t in tries.tried)
    return {rank: [t.key for t in tries.of(rank)] for rank in ranks}


def test_read_tries_ranks_by_verdict_and_outcome_and_leaves_out_what_no_program_did(
    tries: dict[str, Tries],
) -> None:
    assert _ranks(tries["count"]) == {
        "right": ["p-cubes"],
        "wrong": ["p-spheres", "p-red cubes"],
        "runtime": ["p-sixth cube"],
        "syntax": [SYNTAX],
    }


def test_read_tries_right_answer_that_was_refused_is_neither_right_nor_wrong(
    tries: dict[str, Tries],
) -> None:
    assert _ranks(tries["refused"]) == {"right": ["p-cubes"]}
    assert _ranks(tries["unlabelled"]) == {"right": ["p-cubes"], "wrong": ["p-spheres"]}


def test_read_tries_unlabelled_question_without_a_kept_answer_has_no_wrong_ones(
    tries: dict[str, Tries],
) -> None:
    assert tries["no answer kept"].tried == ()


def test_read_tries_every_question_comes_even_if_nothing_was_tried(tries: dict[str, Tries]) -> None:
    assert set(tries) == {case.name for case in CASES}
    assert tries["nothing tried"].tried == ()


def test_read_tries_replaced_candidates_count_after_those_that_stand(store: ArtifactStore) -> None:
    first = PROGRAMS.rows(store.read_shard(PROGRAMS, SHARDS[0]))[0]
    loops = replace(
        first, candidate_id="old", program_id="p-old", source="while True: pass", problem="loops: without end"
    )
    store.write_shard(REPLACED, SHARDS[0], REPLACED.frame([loops]), "f")
    tries = next(t for t in read_tries(store, SHARDS[0]) if t.question.question_id == "count")
    assert [(t.source, t.outcome) for t in tries.of("syntax")][-1] == ("while True: pass", "loops")


def test_read_tries_missing_shard_is_an_error(fill: Fill) -> None:
    with pytest.raises(MissingShardError):
        list(read_tries(fill(CASES[:1]), "made-004"))
