"""Every limit of a run ends it with the outcome budget and its own name."""

from collections.abc import Callable
from typing import get_args

import pytest

from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.limits import Limit, Limits
from vpd.execution.run import Job
from vpd.tools.protocol import Picture, ToolSet

SMALL = Limits(
    seconds=0.3,
    memory_bytes=16 * 2**20,
    recursion=50,
    host_calls=30,
    tool_calls=5,
    events=500,
    output_characters=200,
)
REACHES: dict[Limit, str] = {
    "seconds": "import functools\nfunctools.reduce(lambda a, b: a, range(10 ** 9))",
    "memory": "text = 'a' * 10 ** 8",
    "recursion": "def f(n):\n    return f(n + 1)\nf(0)",
    "host_calls": "for i in range(50):\n    ImagePatch(image).crop(i, 0, 90, 90)",
    "tool_calls": "for i in range(9):\n    ImagePatch(image).exists('cube ' + str(i))",
    "events": "while True:\n    x = 1",
    "output": "print('a' * 300)",
}


def test_limits_every_limit_is_tried() -> None:
    assert set(REACHES) == set(get_args(Limit))


@pytest.mark.parametrize("limit", REACHES)
def test_limits_run_that_reaches_one_ends_with_its_name(
    limit: Limit, fake_toolset: Callable[..., ToolSet], fake_picture: Callable[..., Picture]
) -> None:
    sources = [f"{REACHES[limit]}\nreturn 'got away'", "return ImagePatch(image).simple_query('color?')"]
    with open_engine(fake_toolset(), EngineSettings(in_flight=1, limits=SMALL)) as engine:
        reached, after = (run for _, run in engine.run(Job(source, fake_picture()) for source in sources))
    assert (reached.outcome, reached.limit, reached.events) == ("budget", limit, ())
    assert (after.outcome, after.limit) == ("answered", None)


def test_limits_answer_that_is_too_long_counts_as_output(
    fake_toolset: Callable[..., ToolSet], fake_picture: Callable[..., Picture]
) -> None:
    with open_engine(fake_toolset(), EngineSettings(in_flight=1, limits=SMALL)) as engine:
        [(_, run)] = engine.run([Job("return 'a' * 300", fake_picture())])
    assert (run.outcome, run.limit) == ("budget", "output")
