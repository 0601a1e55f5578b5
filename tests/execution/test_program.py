import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.program import Program, ProgramProblem, canonical

COUNT = "def execute_command(image):\n    cubes = ImagePatch(image).find('cube')\n    return str(len(cubes))"


def program(text: str) -> Program:
    parsed = canonical(text)
    assert isinstance(parsed, Program), parsed
    return parsed


def problem(text: str) -> ProgramProblem:
    parsed = canonical(text)
    assert isinstance(parsed, ProgramProblem), parsed
    return parsed


@pytest.mark.parametrize(
    "text",
    [
        COUNT,
        f"```python\n{COUNT}\n```",
        f"Sure! Here it is:\n```\n{COUNT}\n```\nIt counts cubes.",
        f"```python\n{COUNT}",
        f"{COUNT}\n\nThis counts the cubes.",
        f"Here is the program.\n{COUNT}\n\nIt counts.",
        f"{COUNT}\n\nprint(execute_command(image))",
        f"{COUNT}\n\nif __name__ == '__main__':\n    execute_command(None)",
        "    cubes = ImagePatch(image).find('cube')\n    return str(len(cubes))",
        "cubes = ImagePatch(image).find('cube')\n    return str(len(cubes))",
        "cubes = ImagePatch(image).find('cube')\nreturn str(len(cubes))",
        'def execute_command(image) -> str:\n\t"""Count."""\n'
        '\tcubes: list[ImagePatch] = ImagePatch(image).find("cube")  # all\n\treturn str( len(cubes) )\n',
    ],
)
def test_canonical_same_program_in_any_dress_is_one_text(text: str) -> None:
    assert program(text) == program(COUNT)


def test_canonical_of_canonical_text_is_itself() -> None:
    parsed = program(COUNT)
    assert program(parsed.source) == parsed


def test_canonical_writes_one_statement_a_line() -> None:
    source = program(
        "def execute_command(image):\n    a = 1; b = (2,\n      3)\n    return (a +\n  b[0])"
    ).source
    assert source.splitlines()[1:] == ["    a = 1", "    b = (2, 3)", "    return a + b[0]"]


def test_program_id_renamed_variables_are_the_same_program() -> None:
    other = COUNT.replace("cubes", "found").replace("image)", "picture)")
    assert program(other).program_id == program(COUNT).program_id
    assert program(other).source != program(COUNT).source


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("return str(len(cubes))", "return str(len(image))"),
        ("return max(1, 2)", "max = len\n    return max(1, 2)"),
        ("return a(x=1)\ndef a(x):\n    return x", "return a(x=1)\ndef a(y):\n    return y"),
        ("v0 = 1\n    a = 2\n    return v0", "a = 1\n    v0 = 2\n    return v0"),
    ],
)
def test_program_id_programs_that_differ_have_different_ids(one: str, other: str) -> None:
    head = "def execute_command(image):\n    cubes = 1\n    "
    assert program(head + one).program_id != program(head + other).program_id


@pytest.mark.parametrize(
    ("text", "outcome", "line", "word"),
    [
        ("", "syntax", None, "empty"),
        ("``` \n```", "syntax", None, "empty"),
        ("I cannot help with that.", "syntax", 1, "syntax"),
        ("hello", "syntax", None, "execute_command"),
        ("def execute_command(image):\n    return 1 +", "syntax", 2, "syntax"),
        ("x = 1\nreturn x +", "syntax", 2, "syntax"),
        (f"{COUNT}\n{COUNT}", "syntax", None, "2 times"),
        ("def execute_command():\n    return 1", "syntax", 1, "one argument"),
        ("def execute_command(image, question):\n    return 1", "syntax", 1, "one argument"),
        ("return " + "(" * 6000, "syntax", 1, "nested"),
        ("return " + "-" * 9000 + "1", "syntax", None, "nested"),
        ("return 'a\0b'", "syntax", 1, "null"),
        ("def execute_command(image):\n    class A:\n        pass\n    return 1", "unsupported", 3, "class"),
        ("def execute_command(image):\n    yield 1", "unsupported", 2, "yield"),
        (
            "async def f():\n    pass\ndef execute_command(image):\n    return 1",
            "unsupported",
            1,
            "async def",
        ),
        ("def execute_command(image):\n    with image as i:\n        return 1", "unsupported", 2, "with"),
        ("import numpy as np\ndef execute_command(image):\n    return 1", "unsupported", 1, "numpy"),
        ("def execute_command(image):\n    x = 1\n    import os\n    return 1", "policy", 3, "os"),
        ("from os.path import join\ndef execute_command(image):\n    return 1", "policy", 1, "os.path"),
        ("return open('/etc/passwd').read()", "policy", 2, "open"),
        ("return eval('1')", "policy", 2, "eval"),
        ("return ().__class__.__bases__", "policy", 2, "__"),
        ("return _vpd_host('find')", "policy", 2, "_vpd_host"),
        ("return ImagePatch(image)._vpd_handle", "policy", 2, "_vpd_handle"),
        ("return ImagePatch(image, _vpd_region=1)", "policy", 2, "_vpd_region"),
        ("import math as _vpd_ask\ndef execute_command(image):\n    return 1", "policy", 1, "_vpd_ask"),
        ("return '" + "a" * 30_000 + "'", "policy", None, "longer"),
    ],
)
def test_canonical_text_that_is_no_program_says_why_and_where(
    text: str, outcome: str, line: int | None, word: str
) -> None:
    found = problem(text)
    assert (found.outcome, found.line) == (outcome, line)
    assert word in found.message


@given(st.text(max_size=200))
def test_canonical_any_text_gives_a_program_or_a_problem(text: str) -> None:
    parsed = canonical(text)
    assert isinstance(parsed, ProgramProblem) or ast.parse(parsed.source)
