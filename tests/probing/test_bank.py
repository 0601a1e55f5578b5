"""Which other pictures a program is tried on."""

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vpd.probing.bank import BANK_SHARDS, probe_questions
from vpd.records import QUESTIONS, Question
from vpd.store import ArtifactStore

TEXT = "How many cubes are there?"
ASKS = (TEXT, ())
Write = Callable[..., None]


def question(name: str, *answers: str, text: str = TEXT, split: str = "train", **changes: str) -> Question:
    image_id = changes.get("image_id", f"image of {name}")
    return Question(name, image_id, text, answers, (), "count", split, False, "s")


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture
def write(store: ArtifactStore) -> Write:
    def write(shard: str, *questions: Question) -> None:
        store.write_shard(QUESTIONS, shard, QUESTIONS.frame(questions), "f")

    return write


def bank(store: ArtifactStore, shard: str = "s-000", pictures: int = 12) -> list[Question]:
    return list(probe_questions(store, shard, [ASKS], pictures)[ASKS])


def names(questions: Sequence[Question]) -> set[str]:
    return {q.question_id for q in questions}


def test_bank_takes_no_question_of_validation_or_test(store: ArtifactStore, write: Write) -> None:
    splits = ("train", "val", "test", "train")
    write("s-000", *(question(f"q{n}", "1", split=split) for n, split in enumerate(splits)))
    assert names(bank(store)) == {"q0", "q3"}


def test_bank_labels_take_turns(store: ArtifactStore, write: Write) -> None:
    many = [question(f"no{n}", "no") for n in range(30)]
    few = [question(f"yes{n}", "yes") for n in range(4)]
    write("s-000", *many, *few)
    found = Counter(q.answers[0] for q in bank(store))
    assert found == {"no": 8, "yes": 4}
    assert Counter(q.answers[0] for q in bank(store, pictures=6)) == {"no": 3, "yes": 3}


def test_bank_labels_that_mean_the_same_share_a_turn(store: ArtifactStore, write: Write) -> None:
    spelled = [question(f"c{n}", text) for n, text in enumerate(("Cube", "cubes", "a cube", "cube") * 3)]
    write("s-000", *spelled, *(question(f"s{n}", "sphere") for n in range(6)))
    assert sum(q.answers == ("sphere",) for q in bank(store, pictures=8)) == 4


def test_bank_takes_each_picture_once(store: ArtifactStore, write: Write) -> None:
    write("s-000", *(question(f"q{n}", str(n % 3), image_id=f"p{n % 2}") for n in range(9)))
    assert len({q.image_id for q in bank(store)}) == len(bank(store)) == 2


def test_bank_takes_unlabelled_questions_only_where_there_is_no_label(
    store: ArtifactStore, write: Write
) -> None:
    write("s-000", question("with", "1"), *(question(f"without{n}") for n in range(5)))
    assert names(bank(store)) == {"with"}
    write("s-000", *(question(f"without{n}") for n in range(5)))
    assert len(bank(store)) == 5


def test_bank_reads_the_shard_itself_and_the_first_of_its_source(store: ArtifactStore, write: Write) -> None:
    for number in range(BANK_SHARDS + 4):
        write(f"s-{number:03}", question(f"q{number}", "1"))
    write("other-000", question("elsewhere", "1"))
    last = f"s-{BANK_SHARDS + 3:03}"
    assert names(bank(store, last, 99)) == {f"q{n}" for n in range(BANK_SHARDS)} | {f"q{BANK_SHARDS + 3}"}
    assert names(bank(store, "s-000", 99)) == {f"q{n}" for n in range(BANK_SHARDS)}


def test_bank_keeps_apart_what_is_asked_with_other_choices(store: ArtifactStore, write: Write) -> None:
    choices = ("1", "2")
    with_choices = [
        Question(f"c{n}", f"i{n}", TEXT, ("1",), choices, "f", "train", False, "s") for n in (0, 1)
    ]
    write("s-000", question("q0", "1"), *with_choices, question("q1", "1", text="Is there a cube?"))
    found = probe_questions(store, "s-000", [ASKS, (TEXT, choices), ("Asked nowhere?", ())], 12)
    assert {asks: names(questions) for asks, questions in found.items()} == {
        ASKS: {"q0"},
        (TEXT, choices): {"c0", "c1"},
        ("Asked nowhere?", ()): set(),
    }


def test_bank_of_nothing_asked_is_empty(store: ArtifactStore, write: Write) -> None:
    write("s-000", question("q0", "1"))
    assert probe_questions(store, "s-000", [], 12) == {}


ROWS = st.lists(
    st.tuples(st.sampled_from(["", "1", "2", "3"]), st.integers(0, 9), st.sampled_from(["train", "val"])),
    max_size=25,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(rows=ROWS, pictures=st.integers(0, 8), data=st.data())
def test_bank_is_the_same_whatever_the_order_of_rows_and_covers_labels_evenly(
    store: ArtifactStore, write: Write, rows: list[tuple[str, int, str]], pictures: int, data: st.DataObject
) -> None:
    questions = [
        question(f"q{n}", *([label] if label else []), split=split, image_id=f"p{image}")
        for n, (label, image, split) in enumerate(rows)
    ]
    write("s-000", *questions)
    found = bank(store, pictures=pictures)
    write("s-000", *data.draw(st.permutations(questions)))
    assert bank(store, pictures=pictures) == found
    train = [q for q in questions if q.split == "train"]
    eligible = [q for q in train if q.answers] or train
    assert names(found) <= names(eligible)
    assert len({q.image_id for q in found}) == len(found)
    assert len(found) == min(pictures, len({q.image_id for q in eligible}))
    counts = Counter(q.answers for q in found)
    everything = Counter(q.answers for q in bank(store, pictures=99))
    for one in counts:
        for other, available in everything.items():
            assert counts[other] >= min(counts[one] - 1, available)
