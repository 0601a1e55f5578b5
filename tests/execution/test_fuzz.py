"""Programs put together from parts of others end in typed outcomes, and nothing else."""

import ast
import copy
import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.execution.trace import Outcome, events_from_json, events_to_json
from vpd.tools.protocol import Picture

FOLDER = Path(__file__).parent
SOURCES = [
    source
    for file in sorted([*FOLDER.glob("trusted/*.txt"), *FOLDER.glob("hostile/*.txt")])
    for source in re.split(r"^##.*\n", file.read_text(), flags=re.MULTILINE)
    if source.strip()
]
TREES = [ast.parse(source) for source in SOURCES]
_FIXED = (ast.Starred, ast.FormattedValue, ast.JoinedStr, ast.Slice)


def replaceable(node: ast.AST) -> bool:
    if isinstance(node, ast.expr):
        return isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(node, _FIXED)
    return isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef)


PARTS = [node for tree in TREES for node in ast.walk(tree) if replaceable(node)]


class Mutation(ast.NodeTransformer):
    """Replace a few expressions and statements by some of other programs."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def visit(self, node: ast.AST) -> ast.AST:
        if replaceable(node) and self.random.random() < 0.06:
            kind = ast.expr if isinstance(node, ast.expr) else ast.stmt
            return copy.deepcopy(self.random.choice([part for part in PARTS if isinstance(part, kind)]))
        return self.generic_visit(node)


def mutated(seed: int) -> str:
    mutation = Mutation(seed)
    tree = mutation.visit(copy.deepcopy(mutation.random.choice(TREES)))
    try:
        return ast.unparse(ast.fix_missing_locations(tree))
    except ValueError:  # not every mixture has a source text
        return ""


@pytest.mark.parametrize("first", [0, 1000, 2000])
def test_mixed_programs_end_in_typed_outcomes_and_traces_that_read_back(
    first: int, engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    jobs = [Job(mutated(seed), fake_picture(), seed) for seed in range(first, first + 150)]
    runs = list(engine.run(jobs))
    assert [job.tag for job, _ in runs] == [job.tag for job in jobs]
    for job, run in runs:
        assert run.outcome in get_args(Outcome), job.source
        assert (run.answer is None) == (run.outcome != "answered"), job.source
        assert (run.message is None) == (run.outcome == "answered"), job.source
        text = events_to_json(run.events)
        assert events_to_json(events_from_json(text)) == text, job.source
    assert len({run.outcome for _, run in runs}) >= 5
