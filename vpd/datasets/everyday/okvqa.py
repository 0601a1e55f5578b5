"""Questions in the style of OK-VQA: what is seen must be known about, too."""

from collections.abc import Callable

from vpd.datasets.everyday.forms import Form, plant
from vpd.datasets.everyday.meaning import (
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
    the,
)
from vpd.datasets.everyday.world import EverydayScene, Part, Thing

ANIMALS = "dog|cat|sheep|horse|cow|bird|bear"
WILD = "dog|cat|elephant|zebra|giraffe|bear"


def _form(text: str, meaning: Callable[[EverydayScene], str | bool | int], *parts: Part) -> Form:
    return Form("okvqa", text, parts, meaning)


def _on_the_left(scene: EverydayScene, kind: str) -> Thing:
    """Return the one thing of a kind in the left half; the others are in the right one."""
    return only([t for t in every(scene, kind) if in_left_half(t)])


def _on_the_right(scene: EverydayScene, kind: str) -> Thing:
    return only([t for t in every(scene, kind) if not in_left_half(t)])


def _on(scene: EverydayScene, kind: str, support: str) -> Thing:
    return only([t for t in every(scene, kind) if on(t, the(scene, support))])


OKVQA = (
    _form("What does the animal on the left eat?", lambda s: fact("eats", _on_the_left(s, "animal")),
          plant(ANIMALS, 2, 3)),
    _form("What sound does the animal in this photo make?", lambda s: fact("sound", the(s, "animal")),
          plant(ANIMALS)),
    _form("What sound does the animal closest to the person make?",
          lambda s: fact("sound", most(every(s, "animal"), closer(the(s, "person")))),
          plant("person"), plant(ANIMALS, 2, 2)),
    _form("What do you call the young of the animal on the couch?",
          lambda s: fact("young", _on(s, "animal", "couch")),
          plant("couch"), plant("dog|cat|bird|sheep", 2, 3, on="couch")),
    _form("What is the young of the biggest animal called?",
          lambda s: fact("young", most(every(s, "animal"), larger)),
          plant("dog|cat|sheep|bird", 1, 2), plant("bear|horse|cow")),
    _form("Where does the animal to the right of the bench live?",
          lambda s: fact("lives", only([a for a in every(s, "animal") if right(a, the(s, "bench"))])),
          plant("bench"), plant("cow|sheep|dog|bear|bird", 2, 2)),
    _form("What is the body of the animal on the right covered with?",
          lambda s: fact("covered", _on_the_right(s, "animal")), plant("dog|cat|bear|sheep|bird", 2, 2)),
    _form("How many legs does this animal have?", lambda s: fact("legs", the(s, "animal")),
          plant("bird|bird|dog|cat|horse")),
    _form("Can the animal in the picture fly?", lambda s: fact("flies", the(s, "animal")),
          plant("bird|bird|dog|cat|sheep")),
    _form("Is there an animal that can fly?", lambda s: bool(every(s, "bird")),
          plant("bird", 0, 1), plant("dog|cat|sheep", 1, 2)),
    _form("Is the animal on the left a pet or a wild animal?",
          lambda s: fact("wild", _on_the_left(s, "animal")), plant(WILD, 2, 2), plant("sheep", 0, 0)),
    _form("Does the animal to the left of the fire hydrant eat grass?",
          lambda s: fact("eats", only([a for a in every(s, "animal") if left(a, the(s, "fire hydrant"))]))
          == "grass",
          plant("fire hydrant"), plant("cow|sheep|horse|dog|cat|bear", 2, 2)),
    _form("Which of these animals lives on the savanna?",
          lambda s: only([a for a in every(s, "animal") if fact("lives", a) == "savanna"]).name,
          plant("elephant|zebra|giraffe"), plant("cow|horse|bear", 1, 2)),
    _form("On what does the biggest vehicle travel?",
          lambda s: fact("travels", most(every(s, "vehicle"), larger)),
          plant("train|boat|airplane|bus"), plant("train|boat|airplane|car")),
    _form("How many wheels does the red vehicle have?", lambda s: fact("wheels", the(s, "vehicle", "red")),
          plant("car|car|bicycle|motorcycle", 2, 3, "red|blue")),
    _form("Who steers the vehicle on the right?", lambda s: fact("steers", _on_the_right(s, "vehicle")),
          plant("airplane|boat|bus", 2, 2)),
    _form("Does the vehicle in this picture need fuel?", lambda s: fact("fuel", the(s, "vehicle")),
          plant("bicycle|bicycle|car|motorcycle")),
    _form("What does the fruit to the left of the bowl grow on?",
          lambda s: fact("grows", only([f for f in every(s, "fruit") if left(f, the(s, "bowl"))])),
          plant("bowl"), plant("banana|apple|orange", 2, 3)),
    _form("Which fruit in the picture grows on a tree?",
          lambda s: only([f for f in every(s, "fruit") if fact("grows", f) == "tree"]).name,
          plant("apple|orange"), plant("banana", 0, 2)),
    _form("Is the food on the dining table a dessert?",
          lambda s: fact("dish", _on(s, "food", "dining table")) == "dessert",
          plant("dining table"), plant("donut|cake|pizza|sandwich", 2, 3, on="dining table")),
    _form("Is the food in the picture a fruit or a vegetable?", lambda s: fact("dish", the(s, "food")),
          plant("banana|apple|broccoli|carrot")),
    _form("Which sport is the thing in the hands of the person used for?",
          lambda s: fact("sport", only([t for t in s.things if on(t, the(s, "person"))])),
          plant("person"),
          plant("tennis racket|baseball bat|skateboard|surfboard", 2, 3, on="person")),
    _form("In which season is the sports equipment in this picture used?",
          lambda s: fact("season", the(s, "sports equipment")),
          plant("person"), plant("skis|snowboard|surfboard|surfboard")),
    _form("What is the thing on the bed used for?",
          lambda s: fact("use", only(some([t for t in s.things if on(t, the(s, "bed"))]))),
          plant("bed"), plant("scissors|cell phone|book|keyboard", 2, 3, on="bed")),
)  # fmt: skip
