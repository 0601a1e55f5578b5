"""What a program does on other pictures and where there is nothing to see."""

import pytest

from tests.probing.conftest import HOW_MANY, IS_THERE, Asking
from vpd.execution.engine import Engine
from vpd.probing import prober as probing
from vpd.probing.ablation import ABLATIONS
from vpd.probing.prober import Prober, Task
from vpd.records import Candidate, Probe, Question
from vpd.store import blob_name

COUNT = "return str(len(ImagePatch(image).find('tile')))"
TOP = "return str(len(ImagePatch(image).crop(0, 0, 24, 6).find('tile')))"
EXISTS = "return bool_to_yesno(ImagePatch(image).exists('tile'))"
ASK = "return ImagePatch(image).simple_query('Is there a tile?')"
CONSTANT = "return '1'"
BREAKS = "return str(len(ImagePatch(image).find('vase')))"
BREAKS_ON_MANY = """
tiles = ImagePatch(image).find('tile')
if len(tiles) > 1:
    tiles = ImagePatch(image).find('vase')
return str(len(tiles))
"""
FAILS_ON_NONE = "return ImagePatch(image).find('tile')[0].simple_query('How many?')"


@pytest.fixture
def prober(engine: Engine, asking: Asking) -> Prober:
    return Prober(engine, asking.store)


@pytest.fixture
def others(asking: Asking) -> tuple[Question, ...]:
    """Pictures with one, two, no and one tiles."""
    return (
        asking.question("one", 6),
        asking.question("two", 1, 9),
        asking.question("none"),
        asking.question("another", 3),
    )


def task(program: Candidate, questions: tuple[Question, ...], ablated: Question | None = None) -> Task:
    return Task(program, questions, ablated or questions[0])


def probe_one(prober: Prober, task: Task) -> Probe:
    [row] = prober.probe([task])
    return row


def test_probe_of_a_right_program_is_right_on_all_pictures_and_moved(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    row = probe_one(prober, task(asking.candidate(COUNT), others))
    assert row.question_ids == row.labelled_ids == row.right_ids == ("one", "two", "none", "another")
    assert row.answers == ("1", "2", "0", "1")
    assert row.chance == 0.5
    assert row.ablations == ABLATIONS
    assert row.moved == ("nothing", "flipped")  # shuffling tiles leaves their number
    assert prober.runs == 4 + 3


def test_probe_of_a_program_that_looks_at_a_place_is_moved_by_shuffling(
    prober: Prober, asking: Asking
) -> None:
    question = asking.question("top", 0, 1, 2, 3)
    assert "shuffled" in probe_one(prober, task(asking.candidate(TOP), (question,))).moved


@pytest.mark.parametrize("source", [EXISTS, ASK])
@pytest.mark.parametrize("white", [(), (4,)])
def test_probe_of_a_yes_or_no_is_moved_by_denial_whatever_there_is_to_see(
    prober: Prober, asking: Asking, source: str, white: tuple[int, ...]
) -> None:
    question = asking.question("q", *white, text=IS_THERE)
    row = probe_one(prober, task(asking.candidate(source, text=IS_THERE), (question,)))
    assert "flipped" in row.moved


def test_probe_of_a_constant_program_is_right_by_luck_and_unmoved(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    row = probe_one(prober, task(asking.candidate(CONSTANT), others))
    assert row.right_ids == ("one", "another")
    assert (row.ablations, row.moved) == (ABLATIONS, ())


def test_probe_of_a_program_that_fails_on_a_picture_gives_no_answer_there(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    row = probe_one(prober, task(asking.candidate(FAILS_ON_NONE), others))
    assert dict(zip(row.question_ids, row.answers, strict=True))["none"] == ""
    assert "none" not in row.right_ids
    assert "none" in row.labelled_ids
    assert "nothing" in row.moved


def test_probe_leaves_out_a_picture_that_is_gone(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    asking.store.objects.delete(blob_name(others[1].image_id))
    row = probe_one(prober, task(asking.candidate(COUNT), others))
    assert row.question_ids == row.right_ids == ("one", "none", "another")
    assert row.chance == pytest.approx(2 / 3)
    assert row.ablations == ABLATIONS


def test_probe_whose_ablated_picture_is_gone_tells_nothing_of_ablations(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    asking.store.objects.delete(blob_name(others[0].image_id))
    row = probe_one(prober, task(asking.candidate(CONSTANT), others))
    assert (row.ablations, row.moved) == ((), ())
    assert row.labelled_ids == ("two", "none", "another")


def test_probe_crash_of_a_tool_tells_nothing(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    never, sometimes = prober.probe(
        [task(asking.candidate(BREAKS), others), task(asking.candidate(BREAKS_ON_MANY), others)]
    )
    assert (never.question_ids, never.answers, never.labelled_ids, never.ablations) == ((), (), (), ())
    assert never.chance is None
    assert sometimes.question_ids == sometimes.right_ids == ("one", "none", "another")
    assert sometimes.moved


def test_probe_crash_on_the_picture_itself_tells_nothing_of_its_ablations(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    row = probe_one(prober, task(asking.candidate(BREAKS_ON_MANY), others, others[1]))
    assert (row.ablations, row.moved) == ((), ())


def test_probe_without_other_pictures_is_ablated_on_the_question_s_own(
    prober: Prober, asking: Asking
) -> None:
    own = asking.question("own", 4, split="val")
    row = probe_one(prober, Task(asking.candidate(COUNT), (), own))
    assert (row.question_ids, row.labelled_ids, row.chance) == ((), (), None)
    assert (row.ablations, row.moved) == (ABLATIONS, ("nothing", "flipped"))
    assert prober.runs == 1 + 3


def test_probe_of_unlabelled_pictures_has_answers_and_no_chance(prober: Prober, asking: Asking) -> None:
    questions = tuple(asking.question(f"q{n}", *range(n), answers=()) for n in range(3))
    row = probe_one(prober, task(asking.candidate(COUNT), questions))
    assert row.answers == ("0", "1", "2")
    assert (row.labelled_ids, row.right_ids, row.chance) == ((), (), None)


def test_probe_answers_are_normalised_and_options_by_their_text(prober: Prober, asking: Asking) -> None:
    choices = ("no tile", "The Tile")
    question = asking.question("q", 4, answers=("B",), choices=choices)
    program = asking.candidate("return 'b'", choices=choices)
    row = probe_one(prober, task(program, (question,)))
    assert (row.answers, row.right_ids, row.choices) == (("tile",), ("q",), choices)


def test_prober_remembers_over_shards_and_runs_only_what_is_new(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    known = task(asking.candidate(COUNT), others)
    first = prober.probe([known, task(asking.candidate(CONSTANT), others)])
    runs = prober.runs
    again = task(asking.candidate(COUNT, candidate_id="of another shard"), others)
    assert prober.probe([again]) == first[:1]
    assert prober.runs == runs
    fewer = probe_one(prober, task(asking.candidate(COUNT), others[:2]))
    assert fewer.question_ids == ("one", "two")
    assert prober.runs == runs + 5


def test_prober_keeps_the_same_program_for_another_text_apart(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    rows = prober.probe(
        [task(asking.candidate(COUNT), others), task(asking.candidate(COUNT, text=IS_THERE), others)]
    )
    assert rows[0].probe_id != rows[1].probe_id
    assert [row.question_text for row in rows] == [HOW_MANY, IS_THERE]


def test_prober_that_remembers_too_much_forgets_and_gives_the_same(
    prober: Prober, asking: Asking, others: tuple[Question, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    tasks = [task(asking.candidate(source), others) for source in (COUNT, CONSTANT)]
    first, runs = prober.probe(tasks), prober.runs
    monkeypatch.setattr(probing, "MOST_REMEMBERED", 1)
    assert prober.probe(tasks) == first
    assert prober.runs == 2 * runs


def test_prober_rows_come_in_the_order_of_tasks_and_of_nothing_none(
    prober: Prober, asking: Asking, others: tuple[Question, ...]
) -> None:
    tasks = [task(asking.candidate(source), others) for source in (CONSTANT, COUNT, EXISTS)]
    prober.probe(tasks[1:2])
    rows = prober.probe(tasks)
    assert [row.program_id for row in rows] == [t.program.program_id for t in tasks]
    assert prober.probe([]) == []
