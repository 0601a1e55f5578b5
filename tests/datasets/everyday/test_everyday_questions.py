"""Questions can be judged: scenes have several answers, right programs are right, wrong ones are not."""

from collections import Counter
from pathlib import Path

import pytest

from vpd.datasets.everyday.forms import Form, plant, worlds_for
from vpd.datasets.everyday.meaning import the
from vpd.datasets.everyday.questions import BANK
from vpd.datasets.everyday.tools import blank_picture, everyday_toolset
from vpd.errors import DataError
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.scoring.score import is_right

WORLDS = 12


def programs(name: str) -> dict[str, str]:
    """Read programs by question: a question, and below it, indented, what follows the first two lines."""
    found: dict[str, str] = {}
    question = ""
    for line in Path(__file__).with_name(name).read_text().splitlines():
        if line.startswith(" "):
            found[question] += f"{line}\n"
        else:
            question = line
            found[question] = "def execute_command(image):\n    image_patch = ImagePatch(image)\n"
    return found


RIGHT, WRONG = programs("right_programs.txt"), programs("wrong_programs.txt")
FORMS = {form.text: form for form in BANK}


@pytest.fixture(scope="module")
def worlds():
    return {form.text: worlds_for(form, WORLDS, seed=0) for form in BANK}


@pytest.fixture(scope="module")
def judge(worlds):
    """Return what programs, by question, answer on its scenes beside the truth."""
    toolset = everyday_toolset({scene.seed: scene for made in worlds.values() for scene in made})

    def pairs(sources):
        jobs = [
            Job(source, blank_picture(scene.seed), (question, FORMS[question].answer(scene)))
            for question, source in sources.items()
            for scene in worlds[question]
        ]
        found = {question: [] for question in sources}
        with open_engine(toolset, EngineSettings(in_flight=8)) as engine:
            for job, run in engine.run(jobs):
                question, true = job.tag
                found[question].append((true, run.answer or f"{run.outcome}: {run.message}"))
        return found

    return pairs


@pytest.fixture(scope="module")
def right(judge):
    return judge(RIGHT)


@pytest.fixture(scope="module")
def wrong(judge):
    return judge(WRONG)


def test_bank_holds_the_promised_number_of_different_questions():
    assert Counter(form.family for form in BANK) == {"gqa": 36, "tallyqa": 24, "okvqa": 24}
    assert len({form.text.lower() for form in BANK}) == 84


@pytest.mark.parametrize("form", BANK, ids=lambda f: f.text)
def test_worlds_have_several_answers_and_yes_as_often_as_no(worlds, form):
    answers = Counter(form.answer(scene) for scene in worlds[form.text])
    assert answers.total() == WORLDS
    assert None not in answers
    assert len(answers) >= 2
    if answers.keys() <= {"yes", "no"}:
        assert min(answers.values()) >= 4


@pytest.mark.parametrize("form", BANK, ids=lambda f: f.text)
def test_worlds_give_no_answer_the_majority(worlds, form):
    [(_, most)] = Counter(form.answer(scene) for scene in worlds[form.text]).most_common(1)
    assert most <= WORLDS / 2


def test_worlds_of_a_seed_are_always_the_same_and_of_another_are_others():
    form = BANK[0]
    assert worlds_for(form, 3, seed=5) == worlds_for(form, 3, seed=5)
    assert worlds_for(form, 3, seed=5) != worlds_for(form, 3, seed=6)


def test_worlds_of_a_question_that_nothing_fits_are_refused():
    form = Form("gqa", "What color is the cat?", (plant("cat", 2, 2),), lambda s: the(s, "cat").color)
    with pytest.raises(DataError):
        worlds_for(form, 2, seed=0)


@pytest.mark.parametrize("question", RIGHT)
def test_right_program_is_right_on_every_scene(right, question):
    assert [pair for pair in right[question] if not is_right(pair[1], [pair[0]])] == []


@pytest.mark.parametrize("question", WRONG)
def test_wrong_program_is_wrong_on_some_scene(wrong, question):
    assert not all(is_right(said, [true]) for true, said in wrong[question])


def test_every_question_has_a_right_program_with_the_photo_tools():
    assert RIGHT.keys() == FORMS.keys()


def test_wrong_programs_are_of_all_styles():
    assert {FORMS[question].family for question in WRONG} == {"gqa", "tallyqa", "okvqa"}
