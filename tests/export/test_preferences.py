from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.export.conftest import CASES, COUNT, SYNTAX, Asked, Fill, source
from vpd.export.folder import Export, export_dataset

Pairs = list[dict[str, Any]]


def pairs(export: Export, table: str) -> Pairs:
    files = sorted((export.folder / "data" / table).glob("*.parquet")) if export.rows.get(table) else []
    return [row for file in files for row in pl.read_parquet(file).to_dicts()]


def text(pair: dict[str, Any], side: str) -> str:
    content = pair[side][-1]["content"]
    return content if isinstance(content, str) else "".join(part["text"] or "" for part in content)


def ranked(export: Export) -> set[tuple[str, str, str]]:
    """Which programs are preferred to which, and the rank of the rejected one."""
    names = {source(name): name for name in ("cubes", "spheres", "red cubes", "sixth cube")}
    names |= {source(name): name for name in ("cubes in a loop", "is there a sphere", "is there a cone")}
    names[SYNTAX] = "broken"
    found = pairs(export, "preferences-programs")
    return {
        (names[text(p, "chosen")], names[text(p, "rejected")], p["rejected_rank"])
        for p in found
        if COUNT in text(p, "prompt")
    }


def test_program_pairs_prefer_right_over_wrong_over_runtime_over_syntax(exported: Export) -> None:
    assert ranked(exported) == {
        ("cubes", "spheres", "wrong"),
        ("cubes", "red cubes", "wrong"),
        ("cubes", "sixth cube", "runtime"),
        ("cubes", "broken", "syntax"),
    }


def test_program_pairs_one_of_each_rank_comes_before_a_second_of_any(fill: Fill, tmp_path: Path) -> None:
    three = export_dataset(fill(CASES[:1]), ["made-000"], tmp_path / "out", most=3)
    assert sorted(rank for *_, rank in ranked(three)) == ["runtime", "syntax", "wrong"]


def test_program_pairs_prompt_has_the_question_and_the_api_and_no_picture(exported: Export) -> None:
    for pair in pairs(exported, "preferences-programs"):
        [message] = pair["prompt"]
        assert message["role"] == "user"
        assert "`scenes`" in message["content"]
        assert "images" not in pair


def test_program_pairs_equal_texts_of_other_pictures_are_there_once_and_counted(exported: Export) -> None:
    found = [
        (text(p, "prompt"), text(p, "chosen"), text(p, "rejected"))
        for p in pairs(exported, "preferences-programs")
    ]
    assert len(set(found)) == len(found)
    assert exported.repeated["preferences-programs"] == 2  # "count again" has two of the pairs of "count"


def test_program_pairs_text_of_two_splits_gives_pairs_to_one(exported: Export) -> None:
    found = pairs(exported, "preferences-programs")
    assert {p["split"] for p in found if COUNT in text(p, "prompt")} == {"train"}


@pytest.mark.parametrize(("third", "expected"), [((), 0), (("cubes", "spheres"), 1)])
def test_program_pairs_that_other_pictures_contradict_are_left_out(
    fill: Fill, tmp_path: Path, third: tuple[str, ...], expected: int
) -> None:
    orders = [("cubes", "spheres"), ("spheres", "cubes"), *([third] if third else [])]
    cases = [
        Asked(f"q{n}", COUNT, ("2",), ((right, "chosen"), (wrong, "wrong")), picture=n)
        for n, (right, wrong) in enumerate(orders)
    ]
    export = export_dataset(
        fill(tuple(cases[:1]), tuple(cases[1:])), ["made-000", "made-001"], tmp_path / "o"
    )
    found = pairs(export, "preferences-programs")
    assert len(found) == expected
    assert all(text(p, "chosen") == source("cubes") for p in found)


def test_rationale_pairs_set_the_examples_rationale_against_those_of_wrong_runs(exported: Export) -> None:
    found = [p for p in pairs(exported, "preferences-rationales") if p["question_id"] == "count"]
    assert len(found) == 2
    examples = pairs(exported, "default")
    [rationale] = [e for e in examples if (e["question_id"], e["mode"]) == ("count", "rationale")]
    assert {text(p, "chosen") for p in found} == {rationale["response"]}
    assert all(text(p, "rejected").endswith("The answer is 1.") for p in found)
    for pair in found:
        assert [part["type"] for part in pair["prompt"][0]["content"]] == ["image", "text"]
        assert len(pair["images"]) == 1


def test_rationale_pairs_question_without_wrong_or_without_right_gives_none(exported: Export) -> None:
    asked = {p["question_id"] for p in pairs(exported, "preferences-rationales")}
    assert asked == {"count", "count again", "count elsewhere", "unlabelled", "choices"}
