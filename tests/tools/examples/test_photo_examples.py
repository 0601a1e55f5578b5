"""Worked examples about photographs give the true answer where there is one, and are not evaluated."""

import json
import re
from pathlib import Path

import pytest

import vpd.datasets
from vpd.datasets.everyday.forms import Form, plant, worlds_for
from vpd.datasets.everyday.meaning import (
    above,
    between,
    closer,
    every,
    fact,
    in_left_half,
    larger,
    left,
    most,
    on,
    only,
    right,
    some,
    taller,
    the,
)
from vpd.datasets.everyday.questions import BANK
from vpd.datasets.everyday.tools import blank_picture, everyday_toolset
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.scoring.score import is_right
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.photos.names import detectable, parse_name
from vpd.tools.photos.questions import read_question
from vpd.tools.toolset import PHOTOS

QUESTIONS = Path(vpd.datasets.__file__).parent / "photos" / "questions.jsonl"
WORLDS = 12
ANIMALS = "dog|cat|sheep|horse|cow|bird|bear"
FRUITS = "banana|apple|orange"


def form(text, meaning, *parts):
    return Form("gqa", text, parts, meaning)


def held(scene, names):
    return only([t for t in scene.things if t.name in names and on(t, the(scene, "person"))])


FORMS = (
    form("How many zebras are in the picture?", lambda s: len(every(s, "zebra")), plant("zebra", 0, 3)),
    form("How many red umbrellas are there?", lambda s: len(every(s, "umbrella", "red")),
         plant("umbrella", 0, 4, "red|blue")),
    form("How many zebras are in the right half?",
         lambda s: sum(not in_left_half(z) for z in every(s, "zebra")), plant("zebra", 0, 3)),
    form("How many people are to the left of the horse?",
         lambda s: sum(left(p, the(s, "horse")) for p in every(s, "person")),
         plant("horse"), plant("person", 0, 4)),
    form("How many cups are on the dining table?",
         lambda s: sum(on(c, the(s, "dining table")) for c in every(s, "cup")),
         plant("dining table"), plant("cup", 0, 4, on="dining table")),
    form("How many people are sitting on the bench?",
         lambda s: sum(on(p, the(s, "bench")) for p in every(s, "person")),
         plant("bench"), plant("person", 0, 3, on="bench")),
    form("How many kites are above the boat?",
         lambda s: sum(above(k, the(s, "boat")) for k in every(s, "kite")),
         plant("boat"), plant("kite", 0, 4)),
    form("How many birds are not white?", lambda s: sum(b.color != "white" for b in every(s, "bird")),
         plant("bird", 0, 4, "white|brown")),
    form("How many zebras and giraffes are there in total?",
         lambda s: len(every(s, "zebra") + every(s, "giraffe")),
         plant("zebra", 0, 2), plant("giraffe", 0, 1)),
    form("How many kinds of fruit can you see?", lambda s: len({f.name for f in every(s, "fruit")}),
         plant(FRUITS, 0, 4)),
    form("Is there a giraffe?", lambda s: bool(every(s, "giraffe")), plant("giraffe", 0, 1)),
    form("Can you see a white boat on the left side?",
         lambda s: any(in_left_half(b) for b in every(s, "boat", "white")),
         plant("boat", 0, 3, "white|red")),
    form("Are there any bears or zebras?", lambda s: bool(every(s, "bear") + every(s, "zebra")),
         plant("bear|zebra", 0, 1)),
    form("Does the photo show both a fork and a knife?",
         lambda s: bool(every(s, "fork") and every(s, "knife")), plant("fork", 0, 1), plant("knife", 0, 1)),
    form("Are there neither skis nor snowboards here?",
         lambda s: not every(s, "skis") + every(s, "snowboard"), plant("skis|snowboard", 0, 1)),
    form("Are there at least three wine glasses?", lambda s: len(every(s, "wine glass")) >= 3,
         plant("wine glass", 1, 5)),
    form("Is anybody on the elephant?", lambda s: any(on(p, the(s, "elephant")) for p in every(s, "person")),
         plant("elephant"), plant("person", 0, 2, on="elephant")),
    form("Is the boy holding a baseball bat?",
         lambda s: any(on(b, the(s, "person")) for b in every(s, "baseball bat")),
         plant("person"), plant("baseball bat", 0, 2, on="person")),
    form("Is someone standing to the right of the fire hydrant?",
         lambda s: any(right(p, the(s, "fire hydrant")) for p in every(s, "person")),
         plant("fire hydrant"), plant("person", 0, 2)),
    form("What color is the umbrella?", lambda s: the(s, "umbrella").color, plant("umbrella")),
    form("Is the suitcase purple?", lambda s: the(s, "suitcase").color == "purple",
         plant("suitcase", colors="purple|blue")),
    form("Is the kite pink or yellow?", lambda s: the(s, "kite").color, plant("kite", colors="pink|yellow")),
    form("What color is the chair to the right of the potted plant?",
         lambda s: only([c for c in every(s, "chair") if right(c, the(s, "potted plant"))]).color,
         plant("potted plant"), plant("chair", 1, 3)),
    form("What is the color of the car that is closest to the parking meter?",
         lambda s: most(every(s, "car"), closer(the(s, "parking meter"))).color,
         plant("parking meter"), plant("car", 2, 3)),
    form("What color is the biggest bus?", lambda s: most(every(s, "bus"), larger).color, plant("bus", 2, 3)),
    form("What color is the leftmost vase?", lambda s: most(every(s, "vase"), left).color,
         plant("vase", 2, 4)),
    form("What color is the umbrella that the girl is holding?", lambda s: held(s, ["umbrella"]).color,
         plant("person"), plant("umbrella", 1, 3, on="person")),
    form("Do the backpack and the handbag have the same color?",
         lambda s: the(s, "backpack").color == the(s, "handbag").color,
         plant("backpack", colors="red|blue"), plant("handbag", colors="red|blue")),
    form("Are all the trucks white?", lambda s: all(t.color == "white" for t in some(every(s, "truck"))),
         plant("truck", 1, 3, "white|white|red")),
    form("Which one is brown, the horse or the cow?",
         lambda s: only([a for a in (the(s, "horse"), the(s, "cow")) if a.color == "brown"]).name,
         plant("horse", colors="brown|black"), plant("cow", colors="brown|black")),
    form("Is the elephant to the left of the bench?", lambda s: left(the(s, "elephant"), the(s, "bench")),
         plant("elephant"), plant("bench")),
    form("Is the woman on the right of the motorcycle?",
         lambda s: right(the(s, "person"), the(s, "motorcycle")), plant("person"), plant("motorcycle")),
    form("Is the airplane above the train?", lambda s: above(the(s, "airplane"), the(s, "train")),
         plant("airplane"), plant("train")),
    form("Is the sheep between the two benches?",
         lambda s: between(the(s, "sheep"), *every(s, "bench")), plant("sheep"), plant("bench", 2, 2)),
    form("Is the mouse to the left or to the right of the keyboard?",
         lambda s: "left" if left(the(s, "mouse"), the(s, "keyboard")) else "right",
         plant("mouse"), plant("keyboard")),
    form("Is the clock above or below the oven?",
         lambda s: "above" if above(the(s, "clock"), the(s, "oven")) else "below",
         plant("clock"), plant("oven")),
    form("On which side of the picture is the traffic light?",
         lambda s: "left" if in_left_half(the(s, "traffic light")) else "right", plant("traffic light")),
    form("Which is closer to the bench, the bicycle or the dog?",
         lambda s: most([the(s, "bicycle"), the(s, "dog")], closer(the(s, "bench"))).name,
         plant("bench"), plant("bicycle"), plant("dog")),
    form("Are there more cows than sheep?", lambda s: len(every(s, "cow")) > len(every(s, "sheep")),
         plant("cow", 0, 2), plant("sheep", 0, 2)),
    form("Are there fewer forks than spoons?", lambda s: len(every(s, "fork")) < len(every(s, "spoon")),
         plant("fork", 0, 3), plant("spoon", 0, 3)),
    form("Is the number of cups equal to the number of bowls?",
         lambda s: len(every(s, "cup")) == len(every(s, "bowl")), plant("cup", 1, 2), plant("bowl", 1, 2)),
    form("Which is bigger, the surfboard or the skateboard?",
         lambda s: most([the(s, "surfboard"), the(s, "skateboard")], larger).name,
         plant("surfboard"), plant("skateboard")),
    form("Is the girl taller than the horse?", lambda s: taller(the(s, "person"), the(s, "horse")),
         plant("horse"), plant("person")),
    form("Which animal is this?", lambda s: the(s, "animal").name, plant(ANIMALS)),
    form("Is the animal a sheep or a cow?", lambda s: the(s, "animal").name, plant("sheep|cow")),
    form("What is lying on the bed?", lambda s: only([t for t in s.things if on(t, the(s, "bed"))]).name,
         plant("bed"), plant("cat|dog|teddy bear|book|laptop", 1, 3, on="bed")),
    form("What kind of animal is on the bench?",
         lambda s: only([a for a in every(s, "animal") if on(a, the(s, "bench"))]).name,
         plant("bench"), plant("cat|dog|bird", 1, 3, on="bench")),
    form("Which fruit is on the left of the bottle?",
         lambda s: only([f for f in every(s, "fruit") if left(f, the(s, "bottle"))]).name,
         plant("bottle"), plant(FRUITS, 1, 3)),
    form("Which vehicle is in the right half of the photo?",
         lambda s: only([v for v in every(s, "vehicle") if not in_left_half(v)]).name,
         plant("car|bicycle|motorcycle|bus", 1, 2)),
    form("What color is the guitar?", lambda s: the(s, "guitar").color, plant("guitar")),
    form("Is there a squirrel?", lambda s: bool(every(s, "squirrel")), plant("squirrel", 0, 1)),
    form("What does the stop sign say?", lambda s: the(s, "stop sign").text, plant("stop sign")),
    form("What is the title of the green book?",
         lambda s: only([b for b in [the(s, "book", "green")] if b.text]).text,
         plant("book", 1, 3, "green|red")),
    form("Does the word bakery appear?", lambda s: any("Bakery" in t.text for t in s.things),
         plant("truck", 1, 2)),
    form("What does this animal eat?", lambda s: fact("eats", the(s, "animal")), plant(ANIMALS)),
    form("What sound does the animal on the couch make?",
         lambda s: fact("sound", only([a for a in every(s, "animal") if on(a, the(s, "couch"))])),
         plant("couch"), plant("cat|dog|bird", 1, 3, on="couch")),
    form("What is a baby of this animal called?", lambda s: fact("young", the(s, "animal")), plant(ANIMALS)),
    form("Is the animal in the picture a herbivore?", lambda s: fact("herbivore", the(s, "animal")),
         plant(ANIMALS)),
    form("On what does the fruit in the picture grow?", lambda s: fact("grows", the(s, "fruit")),
         plant(FRUITS)),
    form("Where does this vehicle travel?", lambda s: fact("travels", the(s, "vehicle")),
         plant("car|train|boat|airplane")),
    form("Which sport is played with the thing that the man is holding?",
         lambda s: fact("sport", held(s, ["tennis racket", "baseball bat", "frisbee", "sports ball"])),
         plant("person"), plant("tennis racket|baseball bat|frisbee|sports ball", 1, 3, on="person")),
    form("What is the kitchen utensil used for?", lambda s: fact("use", the(s, "kitchen utensil")),
         plant("fork|knife|spoon")),
    form("Is it more likely winter or summer here?", lambda s: fact("season", some(
        [t for t in s.things if t.name in ("skis", "snowboard", "surfboard")])[0]),
        plant("skis|snowboard|surfboard|surfboard")),
)  # fmt: skip
"""The meaning of each example's question, written apart from its program."""


@pytest.fixture(scope="module")
def answered():
    """Return, by question, pairs of the true answer and what the example's program gives, on 12 scenes."""
    scenes = {f.text: worlds_for(f, WORLDS, seed=1) for f in FORMS}
    toolset = everyday_toolset({scene.seed: scene for made in scenes.values() for scene in made})
    truth = {f.text: f.answer for f in FORMS}
    jobs = [
        Job(e.program, blank_picture(scene.seed), (e.question, truth[e.question](scene)))
        for e in PHOTO_EXAMPLES
        for scene in scenes[e.question]
    ]
    found = {e.question: [] for e in PHOTO_EXAMPLES}
    with open_engine(toolset, EngineSettings(in_flight=8)) as engine:
        for job, run in engine.run(jobs):
            question, true = job.tag
            found[question].append((true, run.answer or f"{run.outcome}: {run.message}"))
    return found


def test_photo_examples_each_question_has_a_meaning_here():
    assert [f.text for f in FORMS] == [e.question for e in PHOTO_EXAMPLES]


@pytest.mark.parametrize("example", PHOTO_EXAMPLES, ids=lambda e: e.question)
def test_photo_examples_give_the_true_answer_on_every_scene(answered, example):
    pairs = answered[example.question]
    assert len(pairs) == WORLDS
    assert [pair for pair in pairs if not is_right(pair[1], [pair[0]])] == []


@pytest.mark.parametrize("form", FORMS, ids=lambda f: f.text)
def test_photo_examples_no_constant_answer_is_right_on_every_scene(answered, form):
    assert len({true for true, _ in answered[form.text]}) > 1


@pytest.mark.parametrize("example", PHOTO_EXAMPLES, ids=lambda e: e.question)
def test_photo_examples_are_short_and_ask_only_what_the_real_tools_understand(example):
    assert isinstance(canonical(example.program), Program)
    assert len(example.program.splitlines()) <= 10
    for name in re.findall(r'find\("([^"]+)"\)', example.program):
        assert detectable(name).certain
    for question in re.findall(r'simple_query\("([^"]+)"\)', example.program):
        asked = read_question(question)
        assert asked.name is None or parse_name(asked.name)


def test_photo_examples_are_those_of_the_tool_set():
    assert PHOTOS.examples == PHOTO_EXAMPLES


def test_photo_examples_none_is_an_evaluated_question():
    asked = {f.text for f in BANK} | {
        json.loads(line)["question"] for line in QUESTIONS.read_text().splitlines()
    }
    assert not {text.lower() for text in asked} & {e.question.lower() for e in PHOTO_EXAMPLES}
