"""The tables of what the sandbox lacks, held against the installed sandbox."""

import builtins
import importlib
from collections.abc import Callable, Iterator

import pydantic_monty as monty
import pytest

from vpd.execution.gaps import BUILTINS, MEMBERS, METHODS
from vpd.execution.policy import MODULES, OUTSIDE_NAMES
from vpd.execution.program import Program, ProgramProblem, canonical

Fails = Callable[[str, str], bool]
VALUES = {
    "str": "'a'",
    "list": "[1]",
    "dict": "{1: 2}",
    "set": "{1}",
    "tuple": "(1,)",
    "int": "(1)",
    "float": "1.5",
}
DATA = {"denominator", "imag", "numerator", "real", "hex"}  # no method of these names is called by programs


@pytest.fixture(scope="module")
def fails() -> Iterator[Fails]:
    """Tell whether code fails in the sandbox for a reason whose text contains these words."""
    with monty.Monty(min_processes=1, max_processes=1) as pool:

        def run(code: str, words: str) -> bool:
            with pool.checkout(limits={"max_feed_duration_secs": 2.0}) as session:
                try:
                    session.feed_run(code)
                except monty.MontyError as error:
                    return words in str(error)
            return False

        yield run


def test_builtins_that_the_sandbox_lacks_are_in_the_table(fails: Fails) -> None:
    site = {"copyright", "credits", "exit", "quit", "license"}
    public = {n for n in dir(builtins) if not n.startswith("_")} - site - OUTSIDE_NAMES
    missing = {name for name in public if fails(name, "is not defined")}
    assert missing == BUILTINS


def test_methods_that_the_sandbox_lacks_are_in_the_table(fails: Fails) -> None:
    missing = set()
    for kind, value in VALUES.items():
        names = [n for n in dir(getattr(builtins, kind)) if not n.startswith("_")]
        missing |= {n for n in names if fails(f"{value}.{n}()", "has no attribute")}
    assert missing - DATA == METHODS


@pytest.mark.parametrize("module", sorted(MODULES - {"typing"}))
def test_members_of_modules_that_the_sandbox_lacks_are_in_the_table(module: str, fails: Fails) -> None:
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", [n for n in dir(loaded) if not n.startswith("_")])
    missing = {n for n in names if fails(f"import {module}\n{module}.{n}", "has no attribute")}
    known = MEMBERS.get(module, frozenset())
    assert {n for n in missing if n.isidentifier() and not n.isupper() and n != "Error"} <= known
    assert all(fails(f"from {module} import {name}", "") for name in known)


@pytest.mark.parametrize(
    ("text", "what", "line"),
    [
        ("return callable(image)", "callable", 2),
        ("return 'a'.translate({})", "translate", 2),
        ("from collections import OrderedDict\nreturn OrderedDict()", "OrderedDict", 2),
        ("import functools\nreturn functools.cmp_to_key(len)", "cmp_to_key", 3),
        ("from math import *\nreturn pi", "import *", 2),
        ("x = 1\ntry:\n    pass\nfinally:\n    return 1", "finally", 3),
        ("return hasattr('a', 'lower')", "hasattr", 2),
        ("return '\\ud800'", "surrogate", 2),
    ],
)
def test_program_that_needs_what_is_missing_is_unsupported_by_name(text: str, what: str, line: int) -> None:
    problem = canonical(text)
    assert isinstance(problem, ProgramProblem)
    assert (problem.outcome, problem.line) == ("unsupported", line)
    assert what in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "callable = len\nreturn callable('a')",
        "return hasattr(ImagePatch(image), 'find')",
        "return str('é')",
        "try:\n    x = 1\nfinally:\n    x = 2\nreturn x",
    ],
)
def test_program_that_only_looks_like_it_is_supported(text: str) -> None:
    assert isinstance(canonical(text), Program)
