"""What everybody knows of the things in everyday scenes, and questions for it, read by their keywords.

A table of facts by topic; what it does not hold is "unknown". A question for yes or no is told whether
the fact is the one that it names.

Not here: what a picture shows.
"""

import re
from collections.abc import Iterator, Mapping

from vpd.scoring.normalize import normalize
from vpd.tools.coco import known_name

UNKNOWN = "unknown"
_TABLE = """\
flies
    yes: bird, airplane
    no: cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe, car, bus, train, truck, boat
herbivore
    yes: horse, sheep, cow, elephant, zebra, giraffe
    no: cat, dog, bear
dish
    fruit: banana, apple, orange
    vegetable: broccoli, carrot
    dessert: donut, cake
    main dish: sandwich, hot dog, pizza
eats
    fish: cat
    meat: dog
    grass: horse, sheep, cow, elephant, zebra
    honey: bear
    leaves: giraffe
    seeds: bird
sound
    meow: cat
    bark: dog
    neigh: horse
    baa: sheep
    moo: cow
    trumpet: elephant
    growl: bear
    chirp: bird
young
    kitten: cat
    puppy: dog
    foal: horse, zebra
    lamb: sheep
    calf: cow, elephant, giraffe
    cub: bear
    chick: bird
lives
    house: cat, dog
    farm: horse, sheep, cow
    savanna: elephant, zebra, giraffe
    forest: bear
    nest: bird
covered
    feathers: bird
    wool: sheep
    fur: cat, dog, bear
legs
    4: cat, dog, horse, sheep, cow, elephant, bear, zebra, giraffe
    2: bird
wild
    pet: cat, dog
    farm animal: horse, sheep, cow
    wild: elephant, bear, zebra, giraffe
fuel
    yes: car, motorcycle, bus, truck, airplane
    no: bicycle
wheels
    2: bicycle, motorcycle
    4: car
steers
    pilot: airplane
    captain: boat
    driver: car, bus, truck
    rider: bicycle, motorcycle
travels
    road: bicycle, car, motorcycle, bus, truck
    rails: train
    water: boat
    air: airplane
grows
    tree: apple, orange
    plant: banana
sport
    tennis: tennis racket
    baseball: baseball bat, baseball glove
    frisbee: frisbee
    surfing: surfboard
    soccer: sports ball
    skiing: skis
    snowboarding: snowboard
    skateboarding: skateboard
season
    winter: skis, snowboard
    summer: surfboard
room
    kitchen: oven, refrigerator, microwave, toaster
    bedroom: bed
    bathroom: toilet, hair drier
    living room: couch
use
    eating: fork
    cutting: knife, scissors
    stirring: spoon
    drinking: cup, wine glass
    sitting: chair
    sleeping: bed
    typing: keyboard
    calling: cell phone
    brushing: toothbrush
    reading: book
"""
_TOPICS = {
    "flies": r"fly|flies|flying",
    "herbivore": r"herbivores?|plant eaters?|plant eating|vegetarian",
    "dish": r"fruits?|vegetables?|desserts?|main dish",
    "fuel": r"fuel|gas|gasoline|petrol",
    "wheels": r"wheels?",
    "legs": r"legs?",
    "young": r"baby|babies|young|offspring",
    "sound": r"sounds?|noises?",
    "covered": r"cover|covers|covered|coat",
    "wild": r"wild|pets?|farm animal|domestic|domesticated",
    "eats": r"eats?|food|diet|feeds?",
    "season": r"seasons?|time of year|winter|summer",
    "sport": r"sports?|games?|activity",
    "room": r"rooms?|kitchen|bedroom|bathroom",
    "lives": r"lives?|habitat|homes?|found",
    "grows": r"grows?|grown",
    "steers": r"steers?|drives?|operates?|controls?|who",
    "travels": r"travels?|moves?|goes|go|runs?|rails|road|water|air",
    "use": r"use|uses|used|purpose|function|for",
}
"""Words by topic, the most telling topics first."""


def _read(table: str) -> dict[str, dict[str, str]]:
    facts: dict[str, dict[str, str]] = {}
    topic = ""
    for line in table.splitlines():
        fact, _, names = line.strip().partition(": ")
        if names:
            facts[topic] |= dict.fromkeys(names.split(", "), fact)
        else:
            topic = fact
            facts[topic] = {}
    return facts


FACTS: Mapping[str, Mapping[str, str]] = _read(_TABLE)
"""Facts by topic and COCO name."""


def know(question: str) -> str:
    """Answer a question of general knowledge by its keywords, or "unknown"."""
    asked = normalize(question)
    named = list(_names(asked))
    for topic, words in _TOPICS.items():
        known = [FACTS[topic][name] for name in named if name in FACTS[topic]]
        if known and re.search(rf"\b(?:{words})\b", asked):
            return _as_asked(asked, known[0])
    return UNKNOWN


def _names(asked: str) -> Iterator[str]:
    """Yield the COCO names in a question, those of several words first."""
    words = asked.split()
    for length in (3, 2, 1):
        for start in range(len(words) - length + 1):
            name = known_name(" ".join(words[start : start + length]))
            if name is not None:
                yield name


def _as_asked(asked: str, fact: str) -> str:
    choice = " or " in asked.replace("yes or no", "")
    if fact in ("yes", "no") or choice or not re.match(r"(?:is|are|do|does|can|has|have)\b", asked):
        return fact
    return "yes" if re.search(rf"\b{fact}s?\b", asked) else "no"
