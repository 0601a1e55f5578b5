"""The stage that probes a shard: which rows it writes, and when it has nothing to do."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from tests.probing.conftest import HOW_MANY, IS_THERE, Asking
from vpd.errors import CorruptShardError, MissingShardError
from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.probing.ablation import ABLATIONS, deniable
from vpd.probing.prober import Prober
from vpd.probing.stage import probe_programs
from vpd.records import PROBES, PROGRAMS, QUESTIONS, Candidate, Probe, Question
from vpd.store import blob_name
from vpd.tools.protocol import ToolSet

SHARD, OTHER = "tiles-000", "tiles-001"
COUNT = "return str(len(ImagePatch(image).find('tile')))"
COUNT_TOO = "found = ImagePatch(image).find('tile')\nreturn str(len(found))"
COUNT_RENAMED = "tiles = ImagePatch(image).find('tile')\nreturn str(len(tiles))"
CONSTANT = "return '1'"
EXISTS = "return bool_to_yesno(ImagePatch(image).exists('tile'))"
Write = Callable[..., None]


@pytest.fixture
def write(asking: Asking) -> Write:
    def write(shard: str, questions: list[Question], programs: list[Candidate]) -> None:
        asking.store.write_shard(QUESTIONS, shard, QUESTIONS.frame(questions), "f")
        asking.store.write_shard(PROGRAMS, shard, PROGRAMS.frame(programs), "f")

    return write


@pytest.fixture
def questions(asking: Asking) -> list[Question]:
    """Pictures with one, two and no tiles, and one of the validation split."""
    return [
        asking.question("one", 6),
        asking.question("two", 1, 9),
        asking.question("none"),
        asking.question("held out", 1, 2, 3, split="val"),
    ]


@pytest.fixture
def prober(engine: Engine, asking: Asking) -> Prober:
    return Prober(engine, asking.store)


@pytest.fixture
def newer(tools: ToolSet, asking: Asking) -> Iterator[Prober]:
    """A prober with tools of another version."""
    with open_engine(deniable(replace(tools, name="newer")), EngineSettings(in_flight=2)) as engine:
        yield Prober(engine, asking.store)


def rows(asking: Asking, shard: str = SHARD) -> list[Probe]:
    return PROBES.rows(asking.store.read_shard(PROBES, shard))


def test_probe_programs_writes_one_row_per_distinct_program_of_each_text(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    same = [asking.candidate(source, n) for n, source in enumerate((COUNT_TOO, COUNT_RENAMED, CONSTANT))]
    not_run = [
        asking.candidate(COUNT, 3, problem="copied: from an example"),
        asking.candidate(COUNT, 4, program_id=None, problem="syntax: no expression"),
        asking.candidate(COUNT, 0, text="Asked nowhere?"),
        asking.candidate(COUNT, 5, choices=("1", "2")),
    ]
    there = asking.question("there", 4, text=IS_THERE)
    write(SHARD, [*questions, there], [*same, *not_run, asking.candidate(EXISTS, 0, text=IS_THERE)])
    manifest = probe_programs(asking.store, SHARD, prober).manifest
    found = {(row.question_text, row.program_id): row for row in rows(asking)}
    ids = [c.program_id or "" for c in same]
    exists = asking.candidate(EXISTS).program_id or ""
    assert set(found) == {(HOW_MANY, ids[0]), (HOW_MANY, ids[2]), (IS_THERE, exists)}
    assert sorted(found[HOW_MANY, ids[0]].right_ids) == ["none", "one", "two"]
    assert found[HOW_MANY, ids[2]].right_ids == ("one",)
    assert manifest.rows == 3
    stats = manifest.stats
    assert stats["programs"] == 3
    assert stats["runs"] == prober.runs == 2 * (3 + 3) + (1 + 3)
    assert stats["pictures_per_program"] == pytest.approx((3 + 3 + 1) / 3, abs=0.01)
    assert stats["right_on_other_pictures"] == pytest.approx((3 + 1 + 1) / 7, abs=0.01)
    assert (stats["unmoved"], stats["without_other_pictures"]) == (1, 0)


def test_probe_programs_of_a_current_shard_runs_nothing(
    asking: Asking, write: Write, questions: list[Question], prober: Prober, engine: Engine
) -> None:
    write(SHARD, questions, [asking.candidate(COUNT)])
    assert probe_programs(asking.store, SHARD, prober).computed
    later = Prober(engine, asking.store)
    assert not probe_programs(asking.store, SHARD, later).computed
    assert later.runs == 0


def test_probe_programs_of_a_second_shard_with_the_same_texts_runs_nothing(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    programs = [asking.candidate(COUNT), asking.candidate(CONSTANT, 1)]
    write(SHARD, questions, programs)
    write(OTHER, [asking.question("five", 1, 2, 3, 4, 5)], programs)
    probe_programs(asking.store, SHARD, prober)
    runs = prober.runs
    result = probe_programs(asking.store, OTHER, prober)
    assert (result.computed, result.manifest.stats["runs"], prober.runs) == (True, 0, runs)
    assert rows(asking, OTHER) == rows(asking)
    assert "five" in rows(asking)[0].right_ids


@pytest.mark.parametrize("change", ["question", "label", "picture"])
def test_probe_programs_again_after_a_change_of_another_shard_in_the_bank(
    asking: Asking, write: Write, questions: list[Question], prober: Prober, engine: Engine, change: str
) -> None:
    there = asking.question("there", 1, 2)
    write(SHARD, questions, [asking.candidate(COUNT)])
    write(OTHER, [there], [])
    probe_programs(asking.store, SHARD, prober)
    changed = {
        "question": [there, asking.question("more", 8)],
        "label": [replace(there, answers=("3",))],
        "picture": [replace(there, image_id=asking.image(1, 2, 3))],
    }
    write(OTHER, changed[change], [])
    assert probe_programs(asking.store, SHARD, Prober(engine, asking.store)).computed
    [row] = rows(asking)
    assert ("more" in row.right_ids) == (change == "question")
    assert ("there" in row.right_ids) == (change == "question")


def test_probe_programs_is_not_disturbed_by_questions_that_are_not_in_the_bank(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    write(SHARD, questions, [asking.candidate(COUNT)])
    write(OTHER, [], [])
    probe_programs(asking.store, SHARD, prober)
    elsewhere = [asking.question("val", 1, split="val"), asking.question("other text", 1, text="What?")]
    write(OTHER, elsewhere, [])
    write("another-000", [asking.question("other source", 1)], [])
    assert not probe_programs(asking.store, SHARD, prober).computed


def test_probe_programs_again_with_fewer_pictures_or_other_tools(
    asking: Asking, write: Write, questions: list[Question], prober: Prober, newer: Prober
) -> None:
    write(SHARD, questions, [asking.candidate(COUNT)])
    probe_programs(asking.store, SHARD, prober)
    assert probe_programs(asking.store, SHARD, prober, pictures=2).computed
    assert len(rows(asking)[0].question_ids) == 2
    assert probe_programs(asking.store, SHARD, newer, pictures=2).computed


def test_probe_programs_of_a_text_without_train_pictures_ablates_on_its_first_question(
    asking: Asking, write: Write, prober: Prober
) -> None:
    held_out = [asking.question(name, 4, split="test") for name in ("b", "a")]
    write(SHARD, held_out, [asking.candidate(COUNT), asking.candidate(CONSTANT, 1)])
    stats = probe_programs(asking.store, SHARD, prober).manifest.stats
    by_program = {row.program_id: row for row in rows(asking)}
    looks = by_program[asking.candidate(COUNT).program_id or ""]
    constant = by_program[asking.candidate(CONSTANT).program_id or ""]
    assert looks.question_ids == constant.question_ids == ()
    assert looks.ablations == constant.ablations == ABLATIONS
    assert looks.moved
    assert not constant.moved
    assert (stats["without_other_pictures"], stats["right_on_other_pictures"]) == (2, None)


def test_probe_programs_vanished_picture_harms_no_other_row(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    there = asking.question("there", 4, text=IS_THERE)
    write(SHARD, [*questions, there], [asking.candidate(COUNT), asking.candidate(EXISTS, 0, text=IS_THERE)])
    asking.store.objects.delete(blob_name(there.image_id))
    assert probe_programs(asking.store, SHARD, prober).manifest.rows == 2
    found = {row.question_text: row for row in rows(asking)}
    assert (found[IS_THERE].question_ids, found[IS_THERE].ablations) == ((), ())
    assert len(found[HOW_MANY].right_ids) == 3


def test_probe_programs_of_a_shard_without_programs_or_questions_is_empty(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    for asked, programs in ((questions, []), ([], [asking.candidate(COUNT)])):
        write(SHARD, asked, programs)
        result = probe_programs(asking.store, SHARD, prober)
        assert (result.manifest.rows, result.manifest.stats["runs"]) == (0, 0)


def test_probe_programs_of_a_shard_that_is_not_there_names_it(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    with pytest.raises(MissingShardError, match=SHARD):
        probe_programs(asking.store, SHARD, prober)
    asking.store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(questions), "f")
    with pytest.raises(MissingShardError, match=f"programs/{SHARD}"):
        probe_programs(asking.store, SHARD, prober)


def test_probe_programs_names_a_damaged_shard_of_the_bank_and_commits_nothing(
    asking: Asking, write: Write, questions: list[Question], prober: Prober
) -> None:
    write(SHARD, questions, [asking.candidate(COUNT)])
    write(OTHER, questions, [])
    [data] = [n for n in asking.store.objects.list(f"tables/questions/{OTHER}/") if n.endswith(".parquet")]
    asking.store.objects.put(data, b"damaged")
    with pytest.raises(CorruptShardError, match=OTHER):
        probe_programs(asking.store, SHARD, prober)
    assert asking.store.find_manifest(PROBES, SHARD) is None
