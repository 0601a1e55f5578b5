"""Small rows for the tests of verification."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vpd.records import Candidate, Question, Trace

QUESTION = Question("q1", "img1", "How many cubes are there?", ("2",), (), "count", "train", False, "scenes")
CANDIDATE = Candidate(
    candidate_id="c0",
    question_text=QUESTION.text,
    choices=(),
    sample_index=0,
    round="first",
    program_id="p0",
    call_graph="g0",
    source="def ...",
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


@pytest.fixture
def question() -> Callable[..., Question]:
    return lambda **changes: replace(QUESTION, **changes)


@pytest.fixture
def candidate() -> Callable[..., Candidate]:
    """Make candidate number `index`, with a program of its own."""

    def make(index: int, **changes: Any) -> Candidate:
        own = {"candidate_id": f"c{index}", "sample_index": index, "program_id": f"p{index}"}
        return replace(CANDIDATE, **{**own, **changes})

    return make


@pytest.fixture
def trace() -> Callable[..., Trace]:
    """Make the trace of program number `index` that answered `answer`, or failed if that is None."""

    def make(index: int, answer: str | None, **changes: Any) -> Trace:
        own = {"trace_id": f"t{index}", "program_id": f"p{index}", "answer": answer}
        failed = {} if answer is not None else {"outcome": "runtime", "message": "IndexError", "line": 3}
        return replace(TRACE, **{**own, **failed, **changes})

    return make
