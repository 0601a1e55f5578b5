"""The prelude as sessions run it: complete, short, and deaf to a program's own names."""

import ast
import builtins
from collections.abc import Callable
from pathlib import Path

import pytest

from vpd.execution import prelude
from vpd.execution.engine import Engine
from vpd.execution.prelude_text import prelude_text
from vpd.execution.run import Job
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Picture

TEXT = prelude_text(IMAGE_PATCH.values())
TREE = ast.parse(TEXT)


def test_prelude_text_defines_what_the_prelude_defines() -> None:
    bound = {
        node.id for node in ast.walk(TREE) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.name for node in TREE.body if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    assert {name for name in vars(prelude) if not name.startswith("__")} - {"Any"} <= bound


def test_prelude_text_reads_no_name_that_a_program_can_bind() -> None:
    functions = [node for node in ast.walk(TREE) if isinstance(node, ast.FunctionDef)]
    names = [n for f in functions for n in ast.walk(f) if isinstance(n, ast.Name)]
    assert not {n.id for n in names if isinstance(n.ctx, ast.Load)} & (set(dir(builtins)) - {"property"})


def test_prelude_text_has_no_docstrings_and_annotations() -> None:
    assert not [n for n in ast.walk(TREE) if isinstance(n, ast.arg) and n.annotation]
    source = Path(prelude.__file__).read_text()
    assert len(TEXT) < len(source)


@pytest.mark.parametrize(
    "name", ["list", "len", "next", "iter", "isinstance", "range", "sorted", "zip", "str"]
)
def test_program_that_binds_a_builtin_does_not_change_the_runtime(
    name: str, engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = f"""
def {name}(*args, **options):
    return None

def execute_command(image):
    cubes = ImagePatch(image).find("cube")
    cubes.sort(key=lambda c: c.compute_depth())
    red = filter(lambda c: c.exists("cube"), map(lambda c: c, cubes))
    best = max(red, key=lambda c: c.left)
    return f"{{best.left}} {{any(c.exists('cube') for c in cubes)}}"
"""
    [(_, run)] = engine.run([Job(source, fake_picture())])
    assert (run.outcome, run.answer) == ("answered", "24.0 True")
