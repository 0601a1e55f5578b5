"""Slicing: what is left out can come out otherwise without changing the answer; what matters is kept.

Random programs run in the real engine, with tools that answer at random but always the same. Then they run
again with other answers to the calls that were sliced away.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import Run, TraceEvent
from vpd.geometry import Box
from vpd.rationale.slicing.needed import needed_events
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Detection, Picture, ToolCard, ToolRequest, ToolResult, ToolSet

Call = tuple[str, Box, tuple[object, ...]]
SIZE = 1024
PIXELS = np.zeros((SIZE, SIZE, 3), np.uint8)


@dataclass
class Moody:
    """A tool whose answers follow from the request; for the calls in `altered` of a picture, other ones."""

    name: str
    altered: dict[str, frozenset[Call]]
    card: ToolCard = field(init=False)

    def __post_init__(self) -> None:
        self.card = ToolCard(IMAGE_PATCH[self.name].kind, f"moody-{self.name}@1")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
        """Answer every request."""
        return [self._answer(request) for request in batch]

    def _answer(self, request: ToolRequest) -> ToolResult:
        call = self.name, request.region, request.args
        flipped = call in self.altered.get(request.picture.image_id, frozenset())
        number = hashlib.sha256(repr(call).encode()).digest()[0] + flipped
        if self.name == "find":
            boxes = [_part_of(request.region, number, i) for i in range(number % 3 + (number > 240))]
            return ToolResult(tuple(Detection(box, 1.0) for box in boxes), 1.0)
        if IMAGE_PATCH[self.name].returns == "bool":
            return ToolResult(number % 2 == 0, 1.0)
        return ToolResult(("red", "blue", "green")[number % 3], 1.0)


def _part_of(region: Box, number: int, place: int) -> Box:
    left = region.left + (number * 7 + place * 31) % 97
    top = region.top + (number * 5 + place * 17) % 89
    return Box(left, top, left + 100 + place, top + 110)


@pytest.fixture(scope="module")
def altered() -> dict[str, frozenset[Call]]:
    """The calls that are answered otherwise, by picture."""
    return {}


@pytest.fixture(scope="module")
def engine(altered: dict[str, frozenset[Call]]) -> Iterator[Engine]:
    """The real engine over moody tools."""
    names = "find", "exists", "verify_property", "simple_query"
    tools = {name: Moody(name, altered) for name in names}
    with open_engine(ToolSet("moody", tools, full_batch=1), EngineSettings(in_flight=1)) as engine:
        yield engine


def _run(engine: Engine, source: str, image_id: str) -> Run:
    [(_, run)] = engine.run([Job(source, Picture(image_id, PIXELS), None)])
    return run


def _canonical(body: str) -> str:
    lines = "\n".join(
        f"    {line}" for line in ("image_patch = ImagePatch(image)", *body.strip("\n").split("\n"))
    )
    program = canonical(f"def execute_command(image):\n{lines}")
    assert isinstance(program, Program), program
    return program.source


def _call(event: TraceEvent) -> Call:
    assert event.patch is not None
    return event.name, event.patch.box, event.args


# --- Random programs over two lists of patches, two numbers, two texts, lists of texts and a dict.

NOUNS = st.sampled_from(["cat", "dog", "cow"])
NUMBERS, PATCHES, TEXTS = (
    st.sampled_from(["m", "n"]),
    st.sampled_from(["xs", "ys"]),
    st.sampled_from(["s", "t"]),
)
START = """
def bright(patch):
    return patch.exists("light")
def note(words, word):
    words.append(word)
    return len(words)
m, n, s, t = 0, 1, "a", "b"
xs, ys = [], image_patch.find("start")
words, more, counts = [], [], {}
lit = lambda patch: patch.verify_property("lamp", "lit")
"""


@st.composite
def _condition(draw: st.DrawFn, inside: str) -> str:
    noun, number, other, text = draw(NOUNS), draw(NUMBERS), draw(NUMBERS), draw(TEXTS)
    choices = [
        f'image_patch.exists("{noun}")',
        f"{number} > {other}",
        f"{number} % 2 == 0 and not {text} == 'red'",
        f"len(words) > {number}",
        f'{text} in counts or {text} == "blue"',
        f"any(lit(q) for q in {draw(PATCHES)})",
    ]
    if inside:
        choices += [
            f'{inside}.exists("{noun}")',
            f"bright({inside})",
            f'{inside}.verify_property("{noun}", "red")',
        ] * 2
    return draw(st.sampled_from(choices))


@st.composite
def _simple(draw: st.DrawFn, inside: str) -> str:
    noun, number, other = draw(NOUNS), draw(NUMBERS), draw(NUMBERS)
    text, xs, ys = draw(TEXTS), draw(PATCHES), draw(PATCHES)
    where = inside or "image_patch"
    return draw(
        st.sampled_from(
            [
                f'{number} = len(image_patch.find("{noun}"))',
                f'{number} += len({where}.find("{noun}"))',
                f"{number} += 1",
                f"{number} = {other} + len({xs})",
                f'{text} = {where}.simple_query("What {noun}?")',
                f'{text} = {text} + "x" if {number} > 1 else {draw(TEXTS)}',
                f'{xs} = {where}.find("{noun}")',
                f"{xs} = [q for q in {ys} if bright(q)]",
                f"{xs} = list({ys})",
                f"{xs} = {ys}",
                f"{xs}.extend({ys}[:2])",
                f"{xs}.reverse()",
                f'{xs}.sort(key=lambda q: q.simple_query("What {noun}?"))',
                f'{xs}, {number} = {ys}[1:], len(image_patch.find("{noun}"))',
                f"words.append({text})",
                f'words.append({where}.simple_query("Which {noun}?"))',
                f"words.append(str(bright({where})))",
                "more = words",
                "words = []",
                f"more.append({text})",
                f"counts[{text}] = counts.get({text}, 0) + {number}",
                f"{number} = note(words, {text})",
                f"{number} = sum(counts.values())",
                f"{text} = '-'.join(more)",
                f"({number} := {other} + len({xs}))",
                f"later = (q for q in {xs} if lit(q))\n{number} = len(list(later))",
                *([f"{xs} = {xs} + [{inside}]", f"{xs}.append({inside})"] if inside else []),
            ]
        )
    )


@st.composite
def _block(draw: st.DrawFn, depth: int, inside: str) -> str:
    return "\n".join(draw(st.lists(_statement(depth, inside), min_size=1, max_size=3)))


@st.composite
def _statement(draw: st.DrawFn, depth: int, inside: str) -> str:
    kind = draw(
        st.sampled_from(
            ["simple"] * 5 + (["if", "else", "leave", "for", "for", "while", "try"] if depth else [])
        )
    )
    if kind in ("if", "else"):
        body = f"if {draw(_condition(inside))}:\n{_indented(draw(_block(depth - 1, inside)))}"
        return body + (f"\nelse:\n{_indented(draw(_block(depth - 1, inside)))}" if kind == "else" else "")
    if kind == "leave":
        ways = ["return str(n)", *(["break", "continue"] * 2 if inside else [])]
        return f"if {draw(_condition(inside))}:\n    {draw(st.sampled_from(ways))}"
    if kind == "for":
        name = "pqr"[depth]
        body = f"for {name} in {draw(PATCHES)}[:3]:\n{_indented(draw(_block(depth - 1, name)))}"
        last = draw(st.sampled_from(["", "", "\nelse:\n    n = 7", "\nelse:\n    return s"]))
        return body + last
    if kind == "while":
        step = f"i{depth}"
        body = f"{step} += 1\n{draw(_block(depth - 1, inside or 'image_patch'))}"
        return f"{step} = 0\nwhile {step} < 2 and {draw(_condition(inside))}:\n{_indented(body)}"
    if kind == "try":
        return f"try:\n{_indented(draw(_block(0, inside)))}\nexcept Exception:\n    n = 0"
    return draw(_simple(inside))


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.split("\n"))


RESULTS = st.sampled_from(
    ["str(n)", "s", "str(len(xs))", "str(len(words)) + t", "str(counts)", "'-'.join(more)"]
)


@settings(max_examples=100)
@given(st.lists(_statement(2, ""), min_size=1, max_size=6), RESULTS)
def test_needed_events_what_is_left_out_does_not_change_the_answer(
    engine: Engine, altered: dict[str, frozenset[Call]], statements: list[str], result: str
) -> None:
    source = _canonical(START + "\n".join(statements) + f"\nreturn 'answer ' + {result}")
    first = _run(engine, source, "as it is")
    if first.answer is None:
        return
    needed = needed_events(source, first.events)
    kept = {_call(event) for event in needed if event.kind == "tool"}
    left_out = frozenset(_call(e) for e in first.events if e.kind == "tool") - kept
    image_id = hashlib.sha256(repr(sorted(map(repr, left_out))).encode()).hexdigest()
    altered[image_id] = left_out
    again = _run(engine, source, image_id)
    assert again.answer == first.answer, f"{source}\n{left_out}"


# --- Single programs: which lines of the program are needed.


def _lines(engine: Engine, body: str) -> tuple[set[str], set[str]]:
    """Return the lines that gave needed events, and all that gave events."""
    source = _canonical(body)
    run = _run(engine, source, "as it is")
    assert run.answer is not None, run.message
    text = source.split("\n")
    needed, every = needed_events(source, run.events), run.events
    return {text[e.line - 1].strip() for e in needed}, {text[e.line - 1].strip() for e in every}


@pytest.mark.parametrize(
    ("body", "unneeded"),
    [
        ('unused = image_patch.find("cat")\nreturn str(len(image_patch.find("dog")))', ["unused ="]),
        (
            """
n = len(image_patch.find("dog"))
if image_patch.exists("cat"):
    m = 1
return str(n)""",
            ["if image_patch.exists('cat')"],
        ),
        (
            """
n = 0
seen = []
for p in image_patch.find("start"):
    n += 1
    if p.exists("cat"):
        seen.append(p)
return str(n)""",
            ["if p.exists('cat')", "seen = []"],
        ),
        (
            'n = len(image_patch.find("cat"))\nn = len(image_patch.find("dog"))\nreturn str(n)',
            ["n = len(image_patch.find('cat'))"],
        ),
        (
            """
a, b = image_patch.find("cat"), image_patch.find("dog")
c = image_patch.find("cow")
chosen = c if len(a) > 90 else b
return str(len(b))""",
            ["c =", "chosen ="],
        ),
        (
            """
def bright(p):
    return p.exists("cat")
unused = image_patch.find("cow")
return str(len([p for p in image_patch.find("start") if bright(p)]))""",
            ["unused ="],
        ),
        (
            """
kept = []
other = []
for p in image_patch.find("start"):
    other.append(p.exists("cat"))
    kept.append(p.exists("dog"))
return str(len(kept)) + str(kept)""",
            ["other.append"],
        ),
    ],
)
def test_needed_events_unrelated_lines_are_left_out(engine: Engine, body: str, unneeded: list[str]) -> None:
    needed, every = _lines(engine, body)
    for start in unneeded:
        assert any(line.startswith(start) for line in every), start
        assert not any(line.startswith(start) for line in needed), start


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ('if image_patch.exists("cat") and False:\n    return "no"\nreturn "yes"', "if image_patch.exists"),
        (
            """
n = 0
for p in image_patch.find("start"):
    if p.exists("cat") and False:
        break
    n += 1
return str(n)""",
            "if p.exists",
        ),
        (
            """
n = 0
if image_patch.exists("cat") and False:
    n = 1
return str(n)""",
            "if image_patch.exists",
        ),
        (
            """
xs = image_patch.find("start")
ys = xs
ys.extend(image_patch.find("dog"))
return str(len(xs))""",
            "ys.extend",
        ),
        (
            """
d = {"a": []}
d["a"].append(image_patch.exists("cat"))
return str(d["a"])""",
            "d['a'].append",
        ),
        (
            """
def add(xs):
    xs.append(image_patch.exists("cat"))
xs = []
add(xs)
return str(xs)""",
            "xs.append",
        ),
    ],
)
def test_needed_events_what_could_have_changed_the_answer_is_kept(
    engine: Engine, body: str, kept: str
) -> None:
    needed, _ = _lines(engine, body)
    assert any(line.startswith(kept) for line in needed)


def test_needed_events_equal_calls_are_merged_to_the_first(engine: Engine) -> None:
    source = _canonical(
        'a = image_patch.find("cat")\nb = image_patch.find("cat")\nreturn str(len(a) + len(b))'
    )
    calls = [e for e in needed_events(source, _run(engine, source, "as it is").events) if e.kind == "tool"]
    assert [call.line for call in calls] == [3]


def test_needed_events_trace_of_another_program_is_kept_whole(engine: Engine) -> None:
    events = _run(engine, _canonical('return str(len(image_patch.find("cat")))'), "as it is").events
    assert needed_events(_canonical('if image_patch.exists("cat"):\n    pass\nreturn "x"'), events) == events
