"""Planted false facts: true rationales with one thing changed, so that they are false or lack what is needed.

Where a change might leave a sentence true, nothing is planted. Nothing here asks the checker.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from benchmarks import _planted_objects as objects
from benchmarks import _planted_words as words
from benchmarks._trace_index import BOX, Known, grid, known_from, put
from vpd.execution.trace import TraceEvent
from vpd.rationale.nouns import name_key, quality_key
from vpd.rationale.slicing.needed import needed_events
from vpd.scoring.normalize import normalize

_ANSWER = re.compile(r"The answer is (.+)\.$")


@dataclass(frozen=True)
class Planted:
    """A rationale that is false or incomplete, and what was done to it."""

    kind: str
    text: str


def planted(
    text: str,
    source: str,
    events: Sequence[TraceEvent],
    size: tuple[int, int],
    others: Sequence[str],
    rng: random.Random,
) -> Iterator[Planted]:
    """Yield false rationales made of a true one; `size` is the picture's (width, height) in pixels.

    `others` are true rationales of other runs, of which sentences are borrowed.
    """
    known = known_from(events, size)
    made = {
        "box moved": objects.moved(text, known, rng),
        "box swapped": objects.swapped_boxes(text, known, rng),
        "name swapped": objects.swapped_names(text, known, rng),
        "object invented": objects.invented(text, rng),
        "count changed": objects.counts(text, rng),
        "presence denied": words.denied(text),
        "property negated": words.negated(text, known),
        "reply changed": words.replies(text, known, rng),
        "said of another": objects.of_another(text, known, rng),
        "one left out": objects.left_out(text),
        "number changed": words.numbers(text, rng),
        "sum changed": words.sums(text, rng),
        "numbers exchanged": words.exchanged(text),
        "order wrong": objects.wrong_order(text, known, rng),
        "answer changed": _answers(text, rng),
        "sentence of another run": _foreign(text, known, others, rng),
        "sentence deleted": _deleted(text, source, events),
    } | {kind: words.opposite(text, pairs) for kind, pairs in words.OPPOSITES.items()}
    for kind, texts in made.items():
        yield from (Planted(kind, changed) for changed in dict.fromkeys(texts) if changed != text)


def _answers(text: str, rng: random.Random) -> Iterator[str]:
    """Another answer than the run's."""
    said = _ANSWER.search(text)
    if said is not None:
        swapped = {"yes": "no", "no": "yes"}.get(said[1], rng.choice(words.OTHER_WORDS))
        other = str(int(said[1]) + rng.choice([1, 2])) if said[1].isdigit() else swapped
        yield put(text, said.span(1), other)


def _foreign(text: str, known: Known, others: Sequence[str], rng: random.Random) -> Iterator[str]:
    """A sentence of another run with a box that this run does not have."""
    sentences = [s for other in others for s in re.findall(r"[^.]+\.", other) if re.search(BOX, s)]
    for sentence in rng.sample(sentences, min(len(sentences), 2)):
        if not {grid(box) for box in re.findall(BOX, sentence)} <= known.boxes:
            yield f"{sentence.strip()} {text}"


def _deleted(text: str, source: str, events: Sequence[TraceEvent]) -> Iterator[str]:
    """Without the only sentence that has the word for something that the answer depends on."""
    needed = [event for event in needed_events(source, events) if event.kind == "tool"]
    *sentences, closing = re.split(r"(?<=[.])\s+(?=[A-Z0-9])", text)
    naming = {word for event in needed for word in _words_of(event)}
    for number, sentence in enumerate(sentences):
        rest = sentences[:number] + sentences[number + 1 :]
        alone = {word for word in naming if _has(word, sentence)}
        if rest and any(not any(_has(word, other) for other in rest) for word in alone):
            yield " ".join([*rest, closing])


def _words_of(event: TraceEvent) -> Iterator[str]:
    """Yield the words without which a step cannot have been spoken of."""
    match event.name, event.args, event.value:
        case "find" | "exists", (str(name),), _:
            yield name_key(name)
        case "verify_property", (_, str(prop)), _:
            yield quality_key(prop)
        case "simple_query" | "best_text_match" | "read_text", _, str(reply) if normalize(reply):
            yield normalize(reply)


def _has(word: str, sentence: str) -> bool:
    """Tell whether a word, its plural, or something that could stand for it is in a sentence."""
    return re.search(rf"\b{re.escape(word[: max(3, len(word) - 2)])}", sentence.lower()) is not None
