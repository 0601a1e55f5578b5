from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.jsonl import register_jsonl
from vpd.datasets.sources import shard_names
from vpd.errors import ConfigError
from vpd.records import IMAGES, QUESTIONS, REFUSED, Question
from vpd.store import ArtifactStore

GOOD = {"id": "good", "image": "a.png", "question": "How many?", "answers": ["2"]}
Write = Callable[..., Path]


def ingest(store: ArtifactStore, file: Path, shards: int = 1) -> tuple[list[Question], dict[str, int]]:
    """Return the questions taken and the number refused by reason."""
    reasons: dict[str, int] = {}
    questions: list[Question] = []
    for shard in shard_names(register_jsonl(store, file, "mine", shards)):
        ingest_images(store, shard)
        stats = ingest_questions(store, shard).manifest.stats
        for reason, count in stats["refused_by_reason"].items():
            reasons[reason] = reasons.get(reason, 0) + count
        questions += QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
    return questions, reasons


BAD: list[tuple[Any, str]] = [
    ("{oops", "not_json"),
    ('{"id": "\\ud800", "image": "a.png", "question": "q"}', "not_json"),
    ("[" * 100_000, "not_json"),
    ("[1]", "not_an_object"),
    ({**GOOD, "id": "x", "anwsers": []}, "unknown_key"),
    ({"id": "x", "image": "a.png"}, "missing_key"),
    ({"image": "a.png", "question": "q"}, "missing_key"),
    ({**GOOD, "id": True}, "bad_id"),
    ({**GOOD, "id": " "}, "bad_id"),
    ({**GOOD, "id": 1.5}, "bad_id"),
    ({**GOOD, "id": "x", "image": ""}, "bad_image"),
    ({**GOOD, "id": "x", "question": " \n"}, "no_text"),
    ({**GOOD, "id": "x", "answers": "2"}, "bad_answers"),
    ({**GOOD, "id": "x", "answers": [2]}, "bad_answers"),
    ({**GOOD, "id": "x", "answers": [""]}, "bad_answers"),
    ({**GOOD, "id": "x", "choices": {"a": 1}}, "bad_choices"),
    ({**GOOD, "id": "x", "split": "dev"}, "bad_split"),
    ({**GOOD, "id": "x", "family": 3}, "bad_family"),
    (GOOD, "duplicate_id"),
    ({**GOOD, "id": "x", "image": "none.png"}, "missing_file"),
    ({**GOOD, "id": "x", "image": "a\0.png"}, "missing_file"),
    ({**GOOD, "id": "x", "image": "."}, "missing_file"),
    ({**GOOD, "id": "x", "image": "a" * 5000}, "missing_file"),
    ({**GOOD, "id": "x", "image": "text.png"}, "not_a_picture"),
    ({**GOOD, "id": "x", "image": "half.png"}, "broken_picture"),
]


@pytest.mark.parametrize(("line", "reason"), BAD, ids=range(len(BAD)))
def test_bad_line_is_refused_by_file_and_line_and_good_rows_go_through(
    store: ArtifactStore, jsonl: Write, line: Any, reason: str
) -> None:
    last = {**GOOD, "id": 7, "image": "b.png"}
    questions, reasons = ingest(store, jsonl(GOOD, line, last))
    assert [q.question_id for q in questions] == ["mine:good", "mine:7"]
    assert reasons == {reason: 1}
    [refused] = REFUSED.rows(store.read_shard(REFUSED, "questions.mine-000"))
    assert (refused.row, refused.source) == ("q.jsonl:2", "mine")
    assert len(refused.problem) > 10


def test_row_is_taken_as_given(store: ArtifactStore, jsonl: Write) -> None:
    line = {"id": 5, "image": "./a.png", "question": " How\n many ", "answers": ["2 ", "Two"], "split": "val"}
    [question], _ = ingest(store, jsonl({**line, "choices": ["1", "2 "], "family": "count"}))
    assert question.text == "How many"
    assert (question.answers, question.choices) == (("2 ", "Two"), ("1", "2 "))
    assert (question.split, question.family, question.held_out_text) == ("val", "count", False)


def test_row_without_answers_is_unlabelled(store: ArtifactStore, jsonl: Write) -> None:
    line = {"id": "a", "image": "a.png", "question": "What?"}
    questions, reasons = ingest(store, jsonl(line, {**line, "id": "b", "answers": None}))
    assert [q.answers for q in questions] == [(), ()]
    assert reasons == {}


def test_picture_in_two_splits_takes_the_first(store: ArtifactStore, jsonl: Write) -> None:
    lines = [{**GOOD, "id": n, "split": split} for n, split in enumerate(["test", None, "train"])]
    questions, reasons = ingest(store, jsonl(*lines))
    assert [q.split for q in questions] == ["test", "test"]
    assert reasons == {"two_splits": 1}


def test_same_bytes_under_two_names_are_one_picture(store: ArtifactStore, jsonl: Write) -> None:
    questions, _ = ingest(store, jsonl(GOOD, {**GOOD, "id": "copy", "image": "copy.png"}))
    assert store.read_shard(IMAGES, "mine-000").height == 1
    assert len({q.image_id for q in questions}) == 1
    assert len(questions) == 2


def test_same_bytes_under_two_names_and_splits_are_refused(store: ArtifactStore, jsonl: Write) -> None:
    first, second = {**GOOD, "split": "train"}, {**GOOD, "id": "copy", "image": "copy.png", "split": "test"}
    questions, reasons = ingest(store, jsonl(first, second))
    assert [q.split for q in questions] == ["train"]
    assert reasons == {"two_splits": 1}


def test_same_bytes_in_two_shards_get_one_split(store: ArtifactStore, jsonl: Write, folder: Path) -> None:
    names = [f"copy{n}.png" for n in range(20)]
    for name in names:
        (folder / name).write_bytes((folder / "a.png").read_bytes())
    questions, _ = ingest(store, jsonl(*({**GOOD, "id": n, "image": n} for n in names)), shards=8)
    assert len(questions) == 20
    assert len({q.split for q in questions}) == 1


def test_mended_picture_is_taken_when_ingested_again(
    store: ArtifactStore, jsonl: Write, folder: Path
) -> None:
    file = jsonl({**GOOD, "image": "late.png"})
    assert ingest(store, file) == ([], {"missing_file": 1})
    (folder / "late.png").write_bytes((folder / "a.png").read_bytes())
    ingest_images(store, "mine-000", redo=True)
    assert ingest_questions(store, "mine-000").manifest.rows == 1


def test_registered_file_may_change_or_go_away(store: ArtifactStore, jsonl: Write) -> None:
    file = jsonl(GOOD)
    register_jsonl(store, file, "mine")
    file.unlink()
    ingest_images(store, "mine-000")
    assert ingest_questions(store, "mine-000").manifest.rows == 1


def test_changed_file_under_the_same_name_says_what_differs(store: ArtifactStore, jsonl: Write) -> None:
    spec = register_jsonl(store, jsonl(GOOD), "mine")
    assert register_jsonl(store, jsonl(GOOD), "mine") == spec
    with pytest.raises(ConfigError, match="sha256"):
        register_jsonl(store, jsonl(GOOD, GOOD), "mine")
    with pytest.raises(ConfigError, match="shards is 1, not 2"):
        register_jsonl(store, jsonl(GOOD), "mine", shards=2)


def test_missing_or_empty_file_is_a_config_error(store: ArtifactStore, jsonl: Write, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.jsonl"):
        register_jsonl(store, tmp_path / "none.jsonl", "mine")
    with pytest.raises(ConfigError, match="no line"):
        register_jsonl(store, jsonl("", " "), "mine")


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\r"))))
def test_any_text_is_taken_or_refused_and_never_loses_a_good_row(
    tmp_path: Path, jsonl: Write, lines: list[str]
) -> None:
    store = ArtifactStore.open(str(tmp_path / "any" / str(abs(hash(tuple(lines))))))
    questions, reasons = ingest(store, jsonl(*lines, GOOD))
    assert [q.question_id for q in questions] == ["mine:good"]
    assert sum(reasons.values()) == sum(bool(line.strip()) for line in lines)
