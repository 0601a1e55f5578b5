"""Planted false facts about things: which there are, how many, where, and what is said of which.

Each docstring says what makes the text false of the trace, whoever reads it.
"""

import random
import re
from collections.abc import Iterator

from benchmarks._planted_words import OPPOSITES
from benchmarks._trace_index import BOX, PLACED, Known, grid, put, written
from vpd.rationale.nouns import name_key, noun

INVENTED = ("dragon", "lighthouse", "submarine", "accordion")


def moved(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """A box that no step of the run has."""
    for found in re.finditer(BOX, text):
        box = list(grid(found[0]))
        box[rng.randrange(4)] += rng.choice([-40, -7, 5, 60])
        if min(box) >= 0 and tuple(box) not in known.boxes:
            yield put(text, found.span(), written(box))


def swapped_boxes(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """A box at which nothing of the name was found, though something else was."""
    for placed in PLACED.finditer(text):
        own = known.named.get(name_key(placed["name"]))
        for found in re.finditer(BOX, placed["boxes"]) if own else ():
            wrong = sorted(set().union(*known.named.values()) - (own or set()))
            if wrong:
                start = placed.start("boxes")
                yield put(text, (start + found.start(), start + found.end()), written(rng.choice(wrong)))


def swapped_names(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """The name of another search, which did not find what is at the boxes."""
    for placed in PLACED.finditer(text):
        boxes = {grid(box) for box in re.findall(BOX, placed["boxes"])}
        wrong = sorted(name for name, found in known.named.items() if not boxes & found)
        if wrong and known.named.get(name_key(placed["name"])):
            yield put(text, placed.span("name"), noun(rng.choice(wrong)))


def invented(text: str, rng: random.Random) -> Iterator[str]:
    """Something that no step of the run looked for."""
    name = rng.choice(INVENTED)
    for placed in PLACED.finditer(text):
        yield put(text, placed.span("name"), f"{name}s" if placed["name"].endswith("s") else name)
    yield f"I find a {name} at [10 20 30 40]. {text}"
    yield f"There is no {name}. {text}"


def counts(text: str, rng: random.Random) -> Iterator[str]:
    """A number of things other than the number of boxes, or another number of all things of a name."""
    for placed in PLACED.finditer(text):
        count = len(re.findall(BOX, placed["boxes"]))
        if placed["how"].lower() != "the":
            yield put(text, placed.span("how"), str(count + rng.choice([1, 2])))
    for found in re.finditer(r"\b(?:[Aa]ll|of the) (\d+) ", text):
        yield put(text, found.span(1), str(int(found[1]) + rng.choice([1, 2])))
    for found in re.finditer(r"\b(\d+) of the (\d+) ", text):
        yield put(text, found.span(1), str((int(found[1]) + 1) % (int(found[2]) + 1)))
    for found in re.finditer(r"\b(?:find|see|are|shows) (\d+) [^.\[\]]*\.", text):
        yield put(text, found.span(1), str(int(found[1]) + rng.choice([1, 2])))


def wrong_order(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """An extreme said of another thing of the same name."""
    ends = "|".join(word for pair in OPPOSITES["extreme reversed"] for word in pair)
    for sentence in re.finditer(rf"[^.]*\bthe (?:{ends})\b[^.]*\.", text):
        placed = PLACED.search(sentence[0])
        if placed is None or len(re.findall(BOX, sentence[0])) != 1:
            continue
        wrong = sorted(known.named.get(name_key(placed["name"]), set()) - {grid(placed["boxes"])})
        if wrong:
            start = sentence.start()
            span = start + placed.start("boxes"), start + placed.end("boxes")
            yield put(text, span, written(rng.choice(wrong)))


def of_another(text: str, known: Known, rng: random.Random) -> Iterator[str]:
    """A reply or a property said of another thing of the same name, which has not given it."""
    has = {**known.replies, **{prop: {at for at, so in told if so} for prop, told in known.verified.items()}}
    for sentence in re.finditer(r"[^.]+\.", text):
        placed = list(PLACED.finditer(sentence[0]))
        if len(placed) != 1 or len(re.findall(BOX, sentence[0])) != 1 or re.search(r"\bnot\b", sentence[0]):
            continue
        own = known.named.get(name_key(placed[0]["name"]), set())
        after = sentence[0].rpartition("]")[2]
        said = [boxes for word, boxes in has.items() if word and re.search(rf"\b{re.escape(word)}\b", after)]
        wrong = sorted(own - set().union(*said))
        if said and wrong:
            start = sentence.start()
            span = start + placed[0].start("boxes"), start + placed[0].end("boxes")
            yield put(text, span, written(rng.choice(wrong)))


def left_out(text: str) -> Iterator[str]:
    """One of two things that something is said of, where nothing says how many or which they all are."""
    if re.search(r"\d of the|different|only|most frequent|The \w+s are ", text):
        return
    for found in re.finditer(rf"\b([Tt]he|of the) ([\w' -]+) at ({BOX}) and ({BOX}) (are|is|have) ", text):
        if text.count(found[4]) == 2:
            verb = "has" if found[5] == "have" else "is"
            yield put(text, found.span(), f"{found[1]} {noun(found[2])} at {found[3]} {verb} ")
