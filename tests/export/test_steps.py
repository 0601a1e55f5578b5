from typing import Any

import polars as pl
import pytest

from vpd.export.folder import Export


@pytest.fixture
def steps(exported: Export) -> list[dict[str, Any]]:
    files = sorted((exported.folder / "data/steps").iterdir())
    return [row for file in files for row in pl.read_parquet(file).to_dicts()]


def test_steps_kept_run_is_true_in_every_sentence(steps: list[dict[str, Any]]) -> None:
    kept = [row for row in steps if row["rank"] == "right"]
    assert {row["question_id"] for row in kept} >= {"count", "unlabelled", "choices", "elsewhere", "refused"}
    assert all(all(row["labels"]) for row in kept)


def test_steps_wrong_run_is_true_until_it_diverges_and_its_answer_is_false(
    steps: list[dict[str, Any]],
) -> None:
    [row] = [row for row in steps if row["trace_id"] == "t-count-red cubes"]
    assert "2 cubes" in row["completions"][0]
    assert row["labels"] == [True, *[False] * (len(row["labels"]) - 1)]
    assert len(row["labels"]) > 2


def test_steps_have_a_label_for_each_sentence_and_end_in_the_answer(steps: list[dict[str, Any]]) -> None:
    for row in steps:
        assert len(row["labels"]) == len(row["completions"]) > 1
        assert row["completions"][-1].startswith("The answer is ")
        assert row["labels"][-1] is (row["rank"] == "right")


def test_steps_question_without_a_kept_run_gives_none(steps: list[dict[str, Any]]) -> None:
    assert not {"none right", "no answer kept", "nothing tried"} & {row["question_id"] for row in steps}
