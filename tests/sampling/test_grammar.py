"""The grammar of programs, held against llama.cpp's matcher, Python's parser and the worked examples."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.sampling.gbnf import TextWriter, allows
from vpd.execution.program import Program, canonical
from vpd.sampling.grammar import program_grammar
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.methods import IMAGE_PATCH, Method

GRAMMAR = program_grammar(IMAGE_PATCH.values())
WRITER = TextWriter(GRAMMAR)
HEAD = "def execute_command(image):\n"


def body(*lines: str) -> str:
    return HEAD + "\n".join(f"    {line}" for line in lines)


@pytest.mark.parametrize("example", [*SCENE_EXAMPLES, *PHOTO_EXAMPLES], ids=lambda e: e.question)
def test_grammar_allows_every_worked_example(example):
    assert allows(GRAMMAR, example.program)


@given(st.integers(0, 2**32), st.integers(0, 300))
def test_grammar_whatever_it_allows_is_a_program(seed, turns):
    text = WRITER.text(seed, turns)
    last = text.splitlines()[-1]
    ast.parse(text)
    assert isinstance(canonical(text), Program), text
    assert last.lstrip().startswith("return ")
    assert allows(GRAMMAR, text)


@pytest.mark.parametrize(
    "text",
    [
        body(
            'return [p for p in image.find("cube") if p.left > 3 and not p.top < 2][0].simple_query("Why?")'
        ),
        body("a, b = image.left, image.right", "a += 2.5 * -b", "return str(a // b)"),
        body("things.sort(key=lambda p: p.left, reverse=True)", "return things[-1].read_text()"),
        body("return str(max(things, key=lambda p: p.width * p.height, default=None) is not None)"),
        body('return f"{a.left} and {names[0]} of {len(things)}"'),
        body('return "yes" if any(a.overlaps_with(b) for a in x for b in y) else "no"'),
        body("for i, a in enumerate(x):", "    if a in y:", "        n += 1", "return str(n)"),
        body("if a == 1:", '    return "x"', "elif a is None:", '    return "y"', "else:", '    return "z"'),
        body("orange = sorted(notes[1:2] + classes[:3], reverse=True)", "return iffy"),
    ],
)
def test_grammar_allows_what_programs_need(text):
    assert allows(GRAMMAR, text)
    assert isinstance(canonical(text), Program)


@pytest.mark.parametrize(
    "text",
    [
        "",
        HEAD,
        body('return "x"') + "\n    ",
        "```python\n" + body('return "x"'),
        "import os\n" + body('return "x"'),
        body("import os", 'return "x"'),
        body("a = 1"),
        body("a = 1", "for b in c:", "    return b"),
        body("if a:", "    return b"),
        body("while True:", "    a = 1", "return a"),
        body(' a = 1', "return a"),
        body("return a.__class__"),
        body("return a.format(b)"),
        body("return eval(a)"),
        body("return getattr(a, b)"),
        body("return __import__"),
        body("return 'x'"),
        body("return not_ + not a"),
        body("return 07"),
        body("return 1.left"),
        body("a, b += 1", "return a"),
        body('return "x\ny"'),
        body('return f"{a["b"]}"'),
        body("# nothing", "return a"),
        body("return a") + body("return a"),
        *(body(f"return {name}") for name in ("in", "not", "lambda", "import", "open", "dir")),
    ],
)  # fmt: skip
def test_grammar_allows_nothing_else(text):
    assert not allows(GRAMMAR, text)


def test_grammar_calls_are_those_of_the_tool_set():
    def count_cells(self, stain: str) -> int:
        """Return how many cells have this stain."""
        ...

    own = Method.of(count_cells, "cells", says="{patch} has {value} {stain} cells")
    few = program_grammar([own])
    assert allows(few, body('return str(image_patch.count_cells("blue"))'))
    assert allows(few, body("return str(image_patch.crop(0, 0, 9, 9).overlaps_with(b))"))
    assert not allows(few, body('return str(image_patch.find("cell"))'))
    assert not allows(GRAMMAR, body('return str(image_patch.count_cells("blue"))'))
