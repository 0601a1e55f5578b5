"""Questions in the style of TallyQA: simple counts, and counts of things with a colour, place or relation."""

from collections.abc import Callable

from vpd.datasets.everyday.forms import Form, plant
from vpd.datasets.everyday.meaning import above, between, every, in_left_half, larger, left, on, right, the
from vpd.datasets.everyday.world import EverydayScene, Part, Thing


def _form(text: str, counted: Callable[[EverydayScene], list[Thing]], *parts: Part) -> Form:
    return Form("tallyqa", text, parts, lambda s: len(counted(s)))


TALLYQA = (
    _form("How many dogs are there?", lambda s: every(s, "dog"), plant("dog", 0, 4)),
    _form("How many people are in the photo?", lambda s: every(s, "person"), plant("person", 0, 5)),
    _form("How many clocks are visible?", lambda s: every(s, "clock"), plant("clock", 0, 3)),
    _form("How many boats do you see?", lambda s: every(s, "boat"), plant("boat", 0, 3)),
    _form("How many animals are in the picture?", lambda s: every(s, "animal"),
          plant("dog|cat|bird|sheep", 0, 4)),
    _form("How many vehicles are there?", lambda s: every(s, "vehicle"),
          plant("car|bicycle|motorcycle", 0, 3), plant("bus|truck", 0, 1)),
    _form("How many apples and oranges are there altogether?",
          lambda s: every(s, "apple") + every(s, "orange"), plant("apple", 0, 3), plant("orange", 0, 3)),
    _form("How many red cars are there?", lambda s: every(s, "car", "red"), plant("car", 0, 3, "red|blue")),
    _form("How many cars are not red?", lambda s: [c for c in every(s, "car") if c.color != "red"],
          plant("car", 1, 3, "red|red|blue|gray")),
    _form("How many blue or green bottles are there?",
          lambda s: every(s, "bottle", "blue") + every(s, "bottle", "green"),
          plant("bottle", 1, 5, "blue|green|brown")),
    _form("How many people are to the left of the bus?",
          lambda s: [p for p in every(s, "person") if left(p, the(s, "bus"))],
          plant("bus"), plant("person", 0, 4)),
    _form("How many chairs are to the right of the couch?",
          lambda s: [c for c in every(s, "chair") if right(c, the(s, "couch"))],
          plant("couch"), plant("chair", 0, 4)),
    _form("How many birds are above the bench?",
          lambda s: [b for b in every(s, "bird") if above(b, the(s, "bench"))],
          plant("bench"), plant("bird", 0, 4)),
    _form("How many bananas are on the left side of the picture?",
          lambda s: [b for b in every(s, "banana") if in_left_half(b)], plant("banana", 0, 5)),
    _form("How many bottles are on the dining table?",
          lambda s: [b for b in every(s, "bottle") if on(b, the(s, "dining table"))],
          plant("dining table"), plant("bottle", 0, 4, on="dining table")),
    _form("How many people are sitting on the couch?",
          lambda s: [p for p in every(s, "person") if on(p, the(s, "couch"))],
          plant("couch"), plant("person", 1, 4, on="couch")),
    _form("How many black cats are on the couch?",
          lambda s: [c for c in every(s, "cat", "black") if on(c, the(s, "couch"))],
          plant("couch"), plant("cat", 1, 4, "black|white", on="couch")),
    _form("How many people are holding an umbrella?",
          lambda s: [p for p in every(s, "person") if any(on(u, p) for u in every(s, "umbrella"))],
          plant("person", 1, 3), plant("umbrella", 0, 3, on="person")),
    _form("How many horses have a person on them?",
          lambda s: [h for h in every(s, "horse") if any(on(p, h) for p in every(s, "person"))],
          plant("horse", 1, 2), plant("person", 0, 4, on="horse")),
    _form("How many chairs have nobody on them?",
          lambda s: [c for c in every(s, "chair") if not any(on(p, c) for p in every(s, "person"))],
          plant("chair", 1, 3), plant("person", 0, 3, on="chair")),
    _form("How many cars have the same color as the bus?",
          lambda s: every(s, "car", the(s, "bus").color),
          plant("bus", colors="red|white"), plant("car", 1, 2, "red|white")),
    _form("How many dogs are bigger than the cat?",
          lambda s: [d for d in every(s, "dog") if larger(d, the(s, "cat"))],
          plant("cat"), plant("dog", 0, 4)),
    _form("How many people are between the fire hydrant and the stop sign?",
          lambda s: [p for p in every(s, "person")
                     if between(p, the(s, "fire hydrant"), the(s, "stop sign"))],
          plant("fire hydrant"), plant("stop sign"), plant("person", 0, 4)),
    _form("How many different kinds of animals are there?",
          lambda s: list({a.name: a for a in every(s, "animal")}.values()),
          plant("dog|cat|sheep", 1, 4), plant("bird", 0, 2)),
)  # fmt: skip
