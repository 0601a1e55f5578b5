"""What a rationale leaves out of what the answer depends on.

needed steps (`vpd.rationale.slicing.needed`)  what must be stated, and why no more
a search, a test of presence            it is spoken of, with a box or a number: "all 3 cubes are red" says
                                        that there are 3 cubes
a property verified of several objects  all of which it holds, or all of which it does not: the rest follows
a reply, what a method told             itself: it follows from nothing else
an end of what was sorted taken         an extreme, or an order along that axis
two places or depths compared           per test, all pairs that came out one way, or an extreme: the rest
                                        follows; what is level, or has no name, cannot be said
two counts compared, a sum              the numbers, unless in a loop, where each round would want a sentence
"""

import ast
from collections import defaultdict
from collections.abc import Iterator, Sequence

from vpd.execution.trace import TraceEvent
from vpd.rationale.checking.facts import Facts, question_key
from vpd.rationale.checking.operands import Test, tests_of
from vpd.rationale.checking.stated import (
    AtEnd,
    Before,
    Fact,
    GridBox,
    Replied,
    Seen,
    Stated,
    Told,
    Verified,
)
from vpd.rationale.nouns import name_key, quality_key
from vpd.rationale.slicing.needed import needed_events
from vpd.scoring.normalize import normalize


def omissions(source: str, events: Sequence[TraceEvent], facts: Facts, stated: Stated) -> Iterator[str]:
    """Yield what is said nowhere though the answer of the canonical program `source` depends on it."""
    needed = needed_events(source, events)
    tools = [event for event in needed if event.kind == "tool" and event.value is not None]
    for fact in dict.fromkeys(fact for event in tools for fact in _said_alone(event, facts)):
        if fact not in stated:
            yield _missing(fact)
    yield from _properties(tools, facts, stated)
    yield from _tests(tests_of(ast.parse(source), events, needed, facts), stated)


def _said_alone(event: TraceEvent, facts: Facts) -> Iterator[Fact]:
    """Yield the fact of a tool call that must be stated for itself."""
    at, method = _at(event, facts), facts.methods.get(event.name)
    if method is not None and method.returns_patches:
        yield Seen(at, name_key(method.named(event.args)))
    elif method is not None and method.says:
        yield Told(event.name, at if method.looks else None, event.args)
    match event.name, event.args:
        case "exists", (str(name),):
            yield Seen(at, name_key(name))
        case "simple_query", (str(question),) if normalize(str(event.value)):
            yield Replied(at, question_key(question), normalize(str(event.value)))
        case "best_text_match", _ if normalize(str(event.value)):
            yield Replied(at, None, normalize(str(event.value)))


def _properties(tools: Sequence[TraceEvent], facts: Facts, stated: Stated) -> Iterator[str]:
    groups: dict[tuple[str, str], dict[bool, set[Fact]]] = defaultdict(lambda: defaultdict(set))
    for event in tools:
        match event.name, event.args, event.value:
            case "verify_property", (str(name), str(prop)), bool(holds):
                fact = Verified(_at(event, facts), quality_key(prop), holds)
                groups[name_key(name), fact.prop][holds].add(fact)
    for (name, prop), ways in groups.items():
        if not any(told <= stated for told in ways.values()):
            yield f"which {name} is {prop}"


def _tests(tests: Iterator[Test], stated: Stated) -> Iterator[str]:
    groups: dict[tuple[int, str], dict[bool, set[Fact]]] = defaultdict(lambda: defaultdict(set))
    ordered = {fact.axis for fact in stated if isinstance(fact, Before)}
    for test in tests:
        by_end = isinstance(test.fact, Before) and AtEnd(test.fact.axis) in stated
        if not by_end and not (isinstance(test.fact, AtEnd) and test.fact.axis in ordered):
            groups[test.place][test.way].add(test.fact)
    for (line, text), ways in groups.items():
        if not any(told <= stated for told in ways.values()):
            yield f"what came of {text!r} in line {line}"


def _at(event: TraceEvent, facts: Facts) -> GridBox:
    return facts.picture if event.patch is None else facts.grid(event.patch.box)


def _missing(fact: Fact) -> str:
    match fact:
        case Seen(_, name):
            return f"whether there is a {name}"
        case Replied(_, None, reply):
            return f"what {reply!r} is the best match for"
        case Replied(_, question, reply):
            return f"the reply {reply!r} to {question!r}"
        case Told(method, _, args):
            return f"what {method} told of {args}"
    return str(fact)
