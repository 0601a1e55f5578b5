"""Small rows for the tests of verification."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vpd.records import Candidate, Probe, Question, Trace

QUESTION = Question("q1", "img1", "How many cubes are there?", ("2",), (), "count", "train", False, "scenes")
COUNT = "def execute_command(image):\n    return str(len(ImagePatch(image).find('cube')))"
CANDIDATE = Candidate(
    candidate_id="c0",
    question_text=QUESTION.text,
    choices=(),
    sample_index=0,
    round="first",
    program_id="p0",
    call_graph="g0",
    source=COUNT,
    problem=None,
    prompt_sha256="h",
    request_key="r",
    model="m",
    origin="record",
    temperature=0.5,
    logprob=-0.5,
    completion_tokens=9,
    prompt_tokens=80,
    cached_tokens=0,
    cost=None,
)
TRACE = Trace("t0", "q1", "img1", "p0", "answered", "2", None, None, None, "[]", 1, 0, "oracle[1]", "vm", 0.1)
PROBE = Probe(
    probe_id="b0",
    question_text=QUESTION.text,
    choices=(),
    program_id="p0",
    question_ids=(),
    answers=(),
    labelled_ids=(),
    right_ids=(),
    chance=None,
    ablations=("nothing", "shuffled", "flipped"),
    moved=("nothing", "flipped"),
)


@pytest.fixture
def question() -> Callable[..., Question]:
    return lambda **changes: replace(QUESTION, **changes)


def make_candidate(index: int, **changes: Any) -> Candidate:
    """Make candidate number `index`, with a program and call graph of its own."""
    own = {"candidate_id": f"c{index}", "sample_index": index, "program_id": f"p{index}"}
    return replace(CANDIDATE, **{**own, "call_graph": f"g{index}", **changes})


def make_trace(index: int, answer: str | None, **changes: Any) -> Trace:
    """Make the trace of program number `index` that answered `answer`, or failed if that is None."""
    own = {"trace_id": f"t{index}", "program_id": f"p{index}", "answer": answer}
    failed = {} if answer is not None else {"outcome": "runtime", "message": "IndexError", "line": 3}
    return replace(TRACE, **{**own, **failed, **changes})


def make_probe(index: int, right: str, labels: int = 2, **changes: Any) -> Probe:
    """Make the probe of program number `index`: one letter per other picture, r for right.

    The pictures have so many labels, in equal shares; wrong answers differ from program to program.
    """
    ids = tuple(f"other{n}" for n in range(len(right)))
    answers = tuple(str(n % labels) if r == "r" else f"w{index}" for n, r in enumerate(right))
    given: dict[str, Any] = {
        "probe_id": f"b{index}",
        "program_id": f"p{index}",
        "question_ids": ids,
        "answers": answers,
        "labelled_ids": ids,
        "right_ids": tuple(i for i, r in zip(ids, right, strict=True) if r == "r"),
        "chance": 1 / labels if right else None,
    }
    return replace(PROBE, **{**given, **changes})


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    return make_candidate


@pytest.fixture
def trace() -> Callable[..., Trace]:
    return make_trace


@pytest.fixture
def probe() -> Callable[..., Probe]:
    return make_probe
