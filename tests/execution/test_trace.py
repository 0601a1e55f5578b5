"""What a run records: lines, events, values."""

from collections.abc import Callable
from typing import Any

from vpd.execution.engine import Engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import PatchRef, Run, events_from_json, events_to_json
from vpd.tools.protocol import Picture

SOURCE = """
import math

def near(patch):
    return patch.compute_depth() < 95

def execute_command(image):
    image_patch = ImagePatch(image)
    cubes = image_patch.find('cube')
    cubes.sort(key=lambda cube: cube.compute_depth())
    count = 0
    for i, cube in enumerate(cubes):
        if near(cube):
            count += 1
    kept = [c for c in cubes if c.verify_property('cube', 'red')]
    table = {'count': count}
    return bool_to_yesno(count > 1 and len(kept) == 2)
"""


def run_of(engine: Engine, picture: Picture, source: str) -> Run:
    [(_, run)] = engine.run([Job(source, picture)])
    return run


def test_trace_every_event_names_the_line_of_the_canonical_program(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    parsed = canonical(SOURCE)
    assert isinstance(parsed, Program)
    lines = dict(enumerate(parsed.source.splitlines(), start=1))
    run = run_of(engine, fake_picture(), SOURCE)
    assert run.outcome == "answered"
    assert [e.seq for e in run.events] == list(range(len(run.events)))
    for event in run.events:
        assert event.name.split(".")[0] in lines[event.line]
    tools = [(e.name, lines[e.line].strip().split(" ")[0]) for e in run.events if e.kind == "tool"]
    assert tools == [
        ("find", "cubes"),
        *[("compute_depth", "cubes.sort(key=lambda")] * 3,
        *[("compute_depth", "return")] * 3,
        *[("verify_property", "kept")] * 3,
    ]


def test_trace_values_branches_and_return_are_recorded_in_order(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    events = run_of(engine, fake_picture(), SOURCE).events

    def values(kind: str, name: str) -> list[Any]:
        return [e.value for e in events if (e.kind, e.name) == (kind, name)]

    assert values("value", "count") == [0, 1, 2]
    assert values("value", "i") == [0, 1, 2]
    assert values("branch", "near(cube)") == [True, True, False]
    assert values("branch", "c.verify_property('cube', 'red')") == [True, False, True]
    assert values("branch", "count > 1 and len(kept) == 2") == [True]
    assert values("return", "bool_to_yesno(count > 1 and len(kept) == 2)") == ["yes"]
    assert events[-1].kind == "return"
    assert values("value", "table") == []  # no plain value
    [cubes] = values("value", "cubes")
    assert [(p.number, p.name, p.box.left) for p in cubes] == [
        (1, "cube", 0),
        (2, "cube", 12),
        (3, "cube", 24),
    ]
    assert [p.number for p in values("value", "cube")] == [3, 2, 1]  # nearest first


def test_trace_tool_event_holds_patch_arguments_value_and_confidence(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = "return str(ImagePatch(image).crop(0, 0, 50, 40).best_text_match(['a', 'b']))"
    [event] = [e for e in run_of(engine, fake_picture(), source).events if e.kind == "tool"]
    assert isinstance(event.patch, PatchRef)
    assert (event.patch.name, event.patch.box.right, event.args) == ("region", 50.0, (("a", "b"),))
    assert (event.value, event.confidence) == ("a", 0.7)


def test_trace_as_json_reads_back_equal(engine: Engine, fake_picture: Callable[..., Picture]) -> None:
    events = run_of(engine, fake_picture(), SOURCE).events
    assert events_to_json(events_from_json(events_to_json(events))) == events_to_json(events)


def test_trace_runtime_error_keeps_events_and_names_the_line(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = (
        "def first(xs):\n    return xs[0]\ndef execute_command(image):\n"
        "    n = 0\n    if n == 0:\n        return first([])"
    )
    run = run_of(engine, fake_picture(), source)
    assert (run.outcome, run.line) == ("runtime", 2)
    assert run.message is not None
    assert "IndexError" in run.message
    assert [(e.kind, e.value) for e in run.events] == [("value", 0), ("branch", True)]


def test_trace_boxes_outside_the_picture_are_cut_off(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    run = run_of(engine, fake_picture(), "return str([p.bottom for p in ImagePatch(image).find('outside')])")
    [event] = [e for e in run.events if e.kind == "tool"]
    assert isinstance(event.value, tuple)
    [found] = event.value  # the box that lies wholly outside is gone
    assert isinstance(found, PatchRef)
    assert (found.box.left, found.box.top, found.box.right, found.box.bottom) == (0, 10, 20, 96)
    assert run.answer == "[96.0]"


def test_trace_odd_values_do_not_disturb_the_run(
    engine: Engine, fake_picture: Callable[..., Picture]
) -> None:
    source = (
        "x = float('inf')\n    y = 10 ** 40\n    z = 'a' * 9000\n    w = list(range(500))\n    u = []\n"
        "    u.append(u)\n    v = u\n    s = {1}\n    f = lambda: 1\n    n = None\n    return 'fine'"
    )
    run = run_of(engine, fake_picture(), source)
    values = {e.name: e.value for e in run.events}
    assert run.answer == "fine"
    assert (values["x"], len(str(values["z"])), values["n"], values["u"]) == ("inf", 500, None, ())
    assert not {"y", "w", "v", "s", "f"} & set(values)
