"""A sandbox worker that lies: whatever comes out of it, the host ends the run in a typed outcome."""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.execution.answer import NoAnswer, answer_text
from vpd.execution.arguments import (
    LONGEST_TEXT,
    MOST_OPTIONS,
    BadArgument,
    crop_box,
    tool_arguments,
)
from vpd.execution.gateway import ToolGateway
from vpd.execution.instrument import Site
from vpd.execution.limits import Limits
from vpd.execution.recorder import OverBudget, Recorder
from vpd.execution.run import Job, ProgramRun
from vpd.execution.session import Finished, HostCall, Stopped, Turn
from vpd.execution.trace import Outcome, PatchRef, Run, events_from_json, events_to_json
from vpd.geometry import Box
from vpd.tools.methods import IMAGE_PATCH, Method
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult, ToolSet

PROGRAM = "x = ImagePatch(image).find('cube')\nif x:\n    return 'yes'\nreturn 'no'"
LIMITS = Limits(host_calls=30, tool_calls=10, events=40, output_characters=50)

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(-3, 3)
    | st.floats()
    | st.text(st.characters(), max_size=9)  # with surrogates
    | st.sampled_from(["cube", "frisbee", "broken", "a" * 999, "\ud800", 10**400, b"cube", 1j]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.just("patch") | st.text(max_size=3), inner, max_size=2)
        | st.builds(dict, patch=st.integers(-2, 9))
    ),
    max_leaves=12,
)


def measure(self: Any, share: float, turns: int) -> float:
    """Return how long this is."""
    return 0.0


MEASURE = Method.of(measure, "measure")
methods = st.sampled_from([*IMAGE_PATCH, "crop", "flush", "open"]) | plain
events = st.lists(st.tuples(st.integers(-2, 9) | plain, plain), max_size=5) | plain
host_calls = st.builds(
    lambda *args: HostCall(args),
    methods,
    st.integers(-1, 5) | plain,
    st.integers(-1, 3) | plain,
    st.lists(plain, max_size=4).map(tuple) | plain,
    events,
) | st.lists(plain, max_size=6).map(lambda args: HostCall(tuple(args)))
results = st.tuples(st.sampled_from(["str", "NoneType"]) | plain, plain, events) | plain
failures = st.sampled_from(["unsupported", "runtime", "crash"])
stops = st.builds(Stopped, failures, st.text(), st.none() | st.integers(), events)
ends: st.SearchStrategy[Turn] = st.builds(Finished, results) | stops


class LyingSandbox:
    """Plays back turns in place of a sandbox and of its session."""

    limits = LIMITS

    def __init__(self, turns: Sequence[Turn]) -> None:
        self.turns = iter(turns)

    def start(self, code: str, entry: str) -> tuple["LyingSandbox", Turn]:
        return self, next(self.turns)

    def resume(self, value: object) -> Turn:
        return next(self.turns)

    def throw(self, kind: str, message: str) -> Turn:
        assert kind in ("TypeError", "ValueError", "LookupError")
        return next(self.turns)

    def close(self, *, discard: bool = False) -> None: ...


def played(turns: Sequence[Turn], picture: Picture, toolset: ToolSet) -> Run:
    gateway = ToolGateway(toolset)
    program = ProgramRun(Job(PROGRAM, picture), LyingSandbox(turns), gateway)  # type: ignore[arg-type]
    program.start()
    while program.result is None:
        call = program.call
        assert call is not None
        assert_harmless(call.request)
        [answer] = gateway.ask([call])
        program.resume(answer, False)
    return program.result


def assert_harmless(request: ToolRequest) -> None:
    box = request.region
    assert 0 <= box.left < box.right <= request.picture.width
    assert 0 <= box.top < box.bottom <= request.picture.height
    for arg in request.args:
        texts = arg if isinstance(arg, tuple) else (arg,)
        assert 0 < len(texts) <= MOST_OPTIONS
        assert all(isinstance(text, str) and 0 < len(text) <= LONGEST_TEXT for text in texts)


@settings(max_examples=200)
@given(st.lists(host_calls, max_size=12), ends)
def test_run_with_any_values_from_the_worker_ends_in_a_typed_outcome(
    fake_picture: Callable[..., Picture], fake_toolset: Callable[..., ToolSet], calls: list[Turn], end: Turn
) -> None:
    run = played([*calls, end], fake_picture(), fake_toolset())
    assert run.outcome in get_args(Outcome)
    assert (run.answer is not None, run.message is None) == (run.outcome == "answered",) * 2
    assert run.answer is None or 0 < len(run.answer) <= LIMITS.output_characters
    assert len(run.events) <= LIMITS.events
    text = events_to_json(run.events)
    assert events_to_json(events_from_json(text)) == text
    json.dumps([run.answer, run.message, text], ensure_ascii=False).encode(errors="strict")


@pytest.mark.parametrize(
    "call",
    [
        (),
        ("exists", 1, 0, ("cube",), [], "more"),
        ("exists", 1, 7, ("cube",), []),
        ("exists", 1, 0, (3,), []),
        ("crop", 1, 0, (0, 0, 9, 9), []),
        ("flush", 1, 0, (), []),
    ],
)
def test_run_with_endless_host_calls_ends_by_budget(
    call: tuple[Any, ...], fake_picture: Callable[..., Picture], fake_toolset: Callable[..., ToolSet]
) -> None:
    run = played([HostCall(call)] * 99, fake_picture(), fake_toolset())
    assert (run.outcome, run.limit) == ("budget", "host_calls")


def test_run_with_endless_distinct_calls_ends_by_budget(
    fake_picture: Callable[..., Picture], fake_toolset: Callable[..., ToolSet]
) -> None:
    turns = [HostCall(("exists", 1, 0, (f"cube {i}",), [])) for i in range(99)]
    run = played(turns, fake_picture(), fake_toolset())
    assert (run.outcome, run.limit, run.events) == ("budget", "tool_calls", ())


def recorder(limits: Limits = LIMITS) -> Recorder:
    return Recorder((Site(1, "value", "x"),), Box(0, 0, 9, 9), limits)


def test_recorder_limits_the_size_of_values_over_all_events() -> None:
    kept = recorder(Limits())
    with pytest.raises(OverBudget, match="characters"):
        kept.report([(0, ["a" * 500] * 100)] * 1000)
    assert len(kept.events) < 30


def test_recorder_counts_events_and_printed_text_against_their_limits() -> None:
    for reported, limit in [([(0, 1)] * 41, "events"), ([(-1, 30), (-1, -99), (-1, 30)], "output")]:
        with pytest.raises(OverBudget) as over:
            recorder().report(reported)
        assert over.value.limit == limit


def test_recorder_drops_or_cuts_what_no_trace_keeps() -> None:
    kept = recorder()
    odd = [10**40, {}, {"patch": 1}, {"patch": True}, b"x", 1j, [[[[[[[[1]]]]]]]]]
    kept.report([(0, value) for value in odd])
    kept.report([(5, 1), (-2, 1), (True, 1), (0,), (0, 1, 2), [0, 1], "ab", None])
    assert kept.events == ()
    kept.report([(0, "a" * 9999), (0, float("inf")), (0, "\ud800"), (0, {"patch": 0})])
    values = [event.value for event in kept.events]
    assert values[:3] == ["a" * 500, "inf", "?"]
    assert isinstance(values[3], PatchRef)


@given(st.sampled_from([*IMAGE_PATCH.values(), MEASURE]), st.lists(plain, max_size=3).map(tuple))
def test_arguments_of_any_kind_are_of_their_types_or_refused(method: Method, args: tuple[Any, ...]) -> None:
    try:
        checked = tool_arguments(method, args)
    except BadArgument:
        return
    types = {"str": str, "list[str]": tuple, "float": (int, float), "int": int}
    for kind, arg in zip(method.parameters.values(), checked, strict=True):
        assert isinstance(arg, types[kind])
        assert not isinstance(arg, bool)
        assert not isinstance(arg, float) or math.isfinite(arg)


@given(st.lists(st.floats() | st.integers() | plain, min_size=3, max_size=5).map(tuple))
def test_crop_of_any_values_lies_in_the_picture_or_is_refused(args: tuple[Any, ...]) -> None:
    try:
        box = crop_box(args, 128, 96)
    except BadArgument:
        return
    assert 0 <= box.left < box.right <= 128
    assert 0 <= box.top < box.bottom <= 96


@given(st.text(max_size=3), plain)
def test_answer_of_any_value_is_a_text_or_none(kind: str, value: Any) -> None:
    try:
        text = answer_text(kind, value)
    except NoAnswer:
        return
    assert text == text.strip() != ""
    text.encode()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "yes"),
        (False, "no"),
        (" red ", "red"),
        (3, "3"),
        (3.0, "3"),
        (1 / 3, "0.3333"),
        (-0.0, "0"),
        (2**63, str(2**63)),
    ],
)
def test_answer_is_normalised(value: object, text: str) -> None:
    assert answer_text(type(value).__name__, value) == text


def test_tool_answers_reach_the_program_and_failures_end_it(
    fake_picture: Callable[..., Picture], fake_toolset: Callable[..., ToolSet]
) -> None:
    gateway = ToolGateway(fake_toolset())
    outcomes = {}
    for answer in (
        ToolResult(True),
        ToolFailure("vocabulary", "unknown"),
        ToolFailure("argument", "bad"),
        ToolFailure("error", "broken"),
    ):
        end = (
            Finished(("str", "yes", []))
            if isinstance(answer, ToolResult)
            else Stopped("runtime", f"LookupError: {answer.message}")
        )
        sandbox = LyingSandbox([HostCall(("exists", 1, 0, ("cube",), [])), end])
        program = ProgramRun(Job(PROGRAM, fake_picture()), sandbox, gateway)  # type: ignore[arg-type]
        program.start()
        program.resume(answer, False)
        assert program.result is not None
        outcomes[getattr(answer, "kind", "value")] = program.result.outcome
    assert outcomes == {
        "value": "answered",
        "vocabulary": "vocabulary",
        "argument": "runtime",
        "error": "crash",
    }
