"""Programs put together from parts of others end in typed outcomes, and nothing else."""

import ast
import copy
import random
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.limits import Limits
from vpd.execution.run import Job
from vpd.execution.trace import Outcome, events_from_json, events_to_json
from vpd.tools.protocol import Picture, ToolSet

FOLDER = Path(__file__).parent
COSTLY = {"endless", "memory", "nesting", "output"}
QUICK = Limits(seconds=0.1, memory_bytes=16 * 2**20, host_calls=40, tool_calls=20, events=300)
LINES = st.text(max_size=30) | st.sampled_from(["def execute_command(image):", "return 1"])
HONEST = "return str(len(ImagePatch(image).find('cube')))"


def trees(files: Iterable[Path]) -> list[ast.Module]:
    found = []
    for file in sorted(files):
        for source in re.split(r"^### .*\n", file.read_text(), flags=re.MULTILINE)[1:]:
            try:
                found.append(ast.parse(source))
            except SyntaxError:
                assert file.stem == "constructs"
    return found


FILES = [*FOLDER.glob("trusted/*.txt"), *FOLDER.glob("hostile/*.txt")]
ALL = trees(FILES)
CHEAP = trees(file for file in FILES if file.stem not in COSTLY)
_FIXED = (ast.Starred, ast.FormattedValue, ast.JoinedStr, ast.Slice)


def replaceable(node: ast.AST) -> bool:
    if isinstance(node, ast.expr):
        return isinstance(getattr(node, "ctx", ast.Load()), ast.Load) and not isinstance(node, _FIXED)
    return isinstance(node, ast.stmt) and not isinstance(node, ast.FunctionDef)


class Mutation(ast.NodeTransformer):
    """Replace a few expressions and statements by some of other programs."""

    def __init__(self, bases: list[ast.Module], choice: random.Random) -> None:
        parts = [node for tree in bases for node in ast.walk(tree) if replaceable(node)]
        self.bases, self.random = bases, choice
        self.parts = {kind: [p for p in parts if isinstance(p, kind)] for kind in (ast.expr, ast.stmt)}

    def program(self) -> str:
        tree = self.visit(copy.deepcopy(self.random.choice(self.bases)))
        try:
            return ast.unparse(ast.fix_missing_locations(tree))
        except ValueError:  # not every mixture has a source text
            return ""

    def visit(self, node: ast.AST) -> ast.AST:
        if replaceable(node) and self.random.random() < 0.06:
            parts = self.parts[ast.expr if isinstance(node, ast.expr) else ast.stmt]
            return copy.deepcopy(self.random.choice(parts))
        return self.generic_visit(node)


@pytest.fixture(scope="module")
def quick_engine(fake_toolset: Callable[..., ToolSet]) -> Iterator[Engine]:
    with open_engine(fake_toolset(), EngineSettings(in_flight=4, limits=QUICK)) as opened:
        yield opened


def outcomes(engine: Engine, picture: Picture, sources: Iterable[str]) -> Counter[str]:
    """Run programs, hold each run against what every run must be, and count the outcomes."""
    counted: Counter[str] = Counter()
    jobs = [Job(source, picture, number) for number, source in enumerate(sources)]
    for number, (job, run) in enumerate(engine.run(jobs)):
        assert job.tag == number
        assert run.outcome in get_args(Outcome), job.source
        assert (run.answer is None) == (run.outcome != "answered"), job.source
        assert (run.message is None) == (run.outcome == "answered"), job.source
        assert (run.limit is None) == (run.outcome != "budget"), job.source
        assert run.answer is None or run.answer == run.answer.strip() != "", job.source
        text = events_to_json(run.events)
        assert events_to_json(events_from_json(text)) == text, job.source
        counted[run.outcome] += 1
    [(_, alive)] = engine.run([Job(HONEST, picture)])
    assert alive.answer == "3"
    return counted


def test_mixed_programs_of_all_kinds_end_in_typed_outcomes(
    quick_engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    mutation = Mutation(ALL, random.Random(0))
    counted = outcomes(quick_engine, fake_picture(), (mutation.program() for _ in range(300)))
    assert len(counted) >= 6


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_ten_thousand_mixed_programs_end_in_typed_outcomes(
    seed: int, quick_engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    mutation = Mutation(CHEAP, random.Random(seed))
    counted = outcomes(quick_engine, fake_picture(), (mutation.program() for _ in range(2500)))
    assert set(counted) <= set(get_args(Outcome))
    assert counted["answered"] > 100


MUTATION = Mutation(CHEAP, random.Random(0))


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_mixed_programs_of_any_choices_end_in_typed_outcomes(
    quick_engine: Engine, fake_picture: Callable[..., Picture], choices: random.Random
) -> None:
    MUTATION.random = choices
    outcomes(quick_engine, fake_picture(), [MUTATION.program() for _ in range(3)])


@settings(max_examples=60)
@given(st.lists(LINES, max_size=4))
def test_any_text_ends_in_a_typed_outcome(
    quick_engine: Engine, fake_picture: Callable[..., Picture], lines: list[str]
) -> None:
    outcomes(quick_engine, fake_picture(), ["\n    ".join(lines)])


@pytest.mark.parametrize(
    ("opened", "closed"),
    [("not ", ""), ("(", " > 1)"), ("[y for y in ", "]"), ("f(", ")"), ("-", ""), ("1 + ", "")],
)
def test_nesting_of_any_depth_ends_in_a_typed_outcome(
    opened: str, closed: str, quick_engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    sources = [f"return {opened * depth}x{closed * depth}" for depth in range(1, 500, 9)]
    counted = outcomes(quick_engine, fake_picture(), sources)
    assert {"syntax", "runtime"} <= set(counted)
