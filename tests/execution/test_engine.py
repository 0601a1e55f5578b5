"""The scheduler: batches, cache, coalescing, order, determinism, crashes."""

import random
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from vpd.errors import ConfigError, SandboxError, StoreError, ToolError
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.jail import end_worker
from vpd.execution.limits import Limits
from vpd.execution.run import Job, ProgramRun
from vpd.execution.sandbox import Sandbox
from vpd.execution.session import Finished, SandboxSession, Turn
from vpd.execution.trace import Run, events_to_json
from vpd.tools.protocol import Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

COUNT = "return str(len(ImagePatch(image).find('cube')))"
NEAREST = "return min(ImagePatch(image).find('cube'), key=lambda c: c.compute_depth()).simple_query('color?')"
RED = "return bool_to_yesno(any(c.verify_property('cube', 'red') for c in ImagePatch(image).find('cube')))"
NESTED = "return ImagePatch(image).crop(0, 0, 40, 40).best_text_match(['a', 'b'])"
BROKEN = "return ImagePatch(image).find('sphere')[9].simple_query('color?')"
PROGRAMS = [COUNT, NEAREST, RED, NESTED, BROKEN, "return 1 +", "while True:\n    x = 1"]

Toolsets = Callable[..., ToolSet]
Pictures = Callable[..., Picture]


def batch_sizes(toolset: ToolSet, method: str) -> list[int]:
    return [len(batch) for batch in toolset.tools[method].batches]  # type: ignore[attr-defined]


def test_engine_when_all_wait_calls_are_one_batch(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    toolset = fake_toolset()
    with open_engine(toolset, EngineSettings(in_flight=16)) as engine:
        runs = list(engine.run(Job(NEAREST, fake_picture(i)) for i in range(8)))
    assert [run.outcome for _, run in runs] == ["answered"] * 8
    assert batch_sizes(toolset, "find") == [8]
    assert batch_sizes(toolset, "compute_depth") == [8, 8, 8]
    assert engine.counters.batches == 5


def test_engine_equal_calls_are_asked_once(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    toolset = fake_toolset()
    with open_engine(toolset, EngineSettings(in_flight=4)) as engine:
        together = [run for _, run in engine.run([Job(COUNT, fake_picture())] * 4)]
        later = [run for _, run in engine.run([Job(COUNT, fake_picture())])]
    assert batch_sizes(toolset, "find") == [1]
    assert sorted(run.cached_calls for run in together) == [0, 1, 1, 1]
    assert (later[0].tool_calls, later[0].cached_calls) == (1, 1)
    assert (engine.counters.calls, engine.counters.cached) == (5, 4)


def traces(runs: Iterator[tuple[Job, Run]]) -> dict[tuple[str, str], tuple[str, str | None, str]]:
    return {
        (job.source, job.picture.image_id): (run.outcome, run.answer, events_to_json(run.events))
        for job, run in runs
    }


def test_engine_traces_do_not_depend_on_concurrency_order_or_cache(
    fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    jobs = [Job(source, fake_picture(digit)) for source in PROGRAMS for digit in range(4)]
    found = []
    for in_flight in (1, 8, 64):
        random.Random(in_flight).shuffle(jobs)
        wanted = EngineSettings(in_flight=in_flight, threads=3, cache_entries=5 if in_flight == 8 else 1000)
        with open_engine(fake_toolset(), wanted) as engine:
            found += [traces(engine.run(jobs)), traces(engine.run(jobs))]
    assert len(found[0]) == len(jobs)
    assert all(other == found[0] for other in found[1:])


def test_engine_results_come_in_the_order_of_the_jobs(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    slow = (
        "p = ImagePatch(image)\nfor i in range(60):\n    p.crop(i, 0, 90, 90).exists('cube')\nreturn 'slow'"
    )
    sources = [slow, COUNT, COUNT, slow, *[COUNT] * 30]
    with open_engine(fake_toolset(), EngineSettings(in_flight=2)) as engine:
        tags = [job.tag for job, _ in engine.run(Job(s, fake_picture(), i) for i, s in enumerate(sources))]
    assert tags == list(range(len(sources)))


@pytest.mark.parametrize(("in_flight", "count"), [(1, 3), (2, 9), (3, 20), (4, 8), (8, 41), (5, 0)])
def test_engine_every_job_ends_once(
    fake_toolset: Toolsets, fake_picture: Pictures, in_flight: int, count: int
) -> None:
    with open_engine(fake_toolset(), EngineSettings(in_flight=in_flight)) as engine:
        runs = list(engine.run(Job(COUNT, fake_picture(), i) for i in range(count)))
    assert [job.tag for job, _ in runs] == list(range(count))
    assert {run.outcome for _, run in runs} <= {"answered"}


def test_engine_takes_jobs_only_as_there_is_room(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    taken = 0

    def jobs() -> Iterator[Job]:
        nonlocal taken
        for i in range(10_000):
            taken += 1
            yield Job(COUNT, fake_picture(), i)

    with open_engine(fake_toolset(), EngineSettings(in_flight=2)) as engine:
        stream = engine.run(jobs())
        next(stream)
        stream.close()
    assert taken <= 16


def test_engine_one_bad_request_hurts_only_itself(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    toolset = fake_toolset()
    bad = "return str(ImagePatch(image).exists('broken'))"
    good = "return str(ImagePatch(image).exists('cube'))"
    with open_engine(toolset, EngineSettings(in_flight=4)) as engine:
        runs = [run for _, run in engine.run(Job(s, fake_picture()) for s in (good, bad, good))]
    assert [run.outcome for run in runs] == ["answered", "crash", "answered"]
    assert batch_sizes(toolset, "exists") == [2, 1, 1]


def test_engine_tool_that_loses_answers_is_a_crash(fake_toolset: Toolsets, fake_picture: Pictures) -> None:
    class Silent:
        card = ToolCard("detect", "silent@1")

        def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
            return []

    with open_engine(ToolSet("silent", {"find": Silent()}), EngineSettings(in_flight=2)) as engine:
        [(_, run)] = engine.run([Job(COUNT, fake_picture())])
        [(_, missing)] = engine.run([Job(NESTED, fake_picture())])
    assert run.outcome == "crash"
    assert "0 answers" in str(run.message)
    assert missing.outcome == "runtime"
    assert "best_text_match" in str(missing.message)


def test_engine_killed_worker_costs_its_own_program_only(
    fake_picture: Pictures, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: dict[str, SandboxSession] = {}
    begin = SandboxSession.begin

    def remember(session: SandboxSession, code: str) -> Turn:
        sessions["kill" if "kill" in code else "other"] = session
        return begin(session, code)

    class Killer:
        card = ToolCard("detect", "killer@1")

        def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
            pid = sessions["kill"].worker_pid if any(r.args == ("kill",) for r in batch) else None
            if pid is not None:
                end_worker(pid)
            return [ToolResult(True) for _ in batch]

    monkeypatch.setattr(SandboxSession, "begin", remember)
    ask = "p = ImagePatch(image)\np.exists('{}')\nreturn str(p.exists('cube'))"
    names = ["cube", "kill", "cone", *["cube"] * 9]
    with open_engine(ToolSet("killer", {"exists": Killer()}), EngineSettings(in_flight=4)) as engine:
        runs = [run for _, run in engine.run(Job(ask.format(name), fake_picture()) for name in names)]
    assert [run.outcome for run in runs] == ["answered", "crash", *["answered"] * 10]


def test_sandbox_worker_killed_between_programs_costs_none() -> None:
    with Sandbox(Limits(), 1) as sandbox:
        session, _ = sandbox.start("x = 1", "x")
        pid = session.worker_pid
        session.close()
        assert pid is not None
        end_worker(pid)
        session, turn = sandbox.start("x = 2", "x")
        session.close()
    assert turn == Finished(2)


def test_engine_missing_worker_binary_is_a_clear_error(fake_toolset: Toolsets, tmp_path: Path) -> None:
    wanted = EngineSettings(binary_path=tmp_path / "monty")
    with pytest.raises(SandboxError, match="does not start"), open_engine(fake_toolset(), wanted):
        pass


def test_engine_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ConfigError):
        EngineSettings(in_flight=0)


class Hanging:
    """Hangs on requests for "hang" until it is let go."""

    card = ToolCard("detect", "hanging@1")

    def __init__(self) -> None:
        self.let_go = threading.Event()

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        if any(request.args == ("hang",) for request in batch):
            self.let_go.wait(60)
        return [ToolResult(True) for _ in batch]


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    tool = Hanging()
    yield tool
    tool.let_go.set()


def test_engine_tool_that_hangs_costs_only_the_calls_it_hangs_on(
    fake_picture: Pictures, hanging: Hanging
) -> None:
    ask = "return str(ImagePatch(image).exists('{}'))"
    names = ["cube", "hang", "cone", "cube"]
    wanted = EngineSettings(in_flight=4, tool_seconds=0.3)
    with open_engine(ToolSet("hanging", {"exists": hanging}), wanted) as engine:
        runs = [run for _, run in engine.run(Job(ask.format(name), fake_picture()) for name in names)]
    assert [run.outcome for run in runs] == ["answered", "crash", "answered", "answered"]
    assert "0.3 s" in str(runs[1].message)


def test_engine_tool_that_hangs_always_is_a_clear_error(fake_picture: Pictures, hanging: Hanging) -> None:
    jobs = [Job("return str(ImagePatch(image).exists('hang'))", fake_picture(digit)) for digit in range(16)]
    wanted = EngineSettings(in_flight=1, tool_seconds=0.05)
    with (
        open_engine(ToolSet("hanging", {"exists": hanging}), wanted) as engine,
        pytest.raises(ToolError, match="hanging@1"),
    ):
        list(engine.run(jobs))


def test_engine_stream_that_is_given_up_leaves_the_engine_usable(
    fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    with open_engine(fake_toolset(), EngineSettings(in_flight=4)) as engine:
        stream = engine.run(Job(NEAREST, fake_picture(i % 8)) for i in range(100))
        next(stream)
        stream.close()
        answers = {run.answer for _, run in engine.run([Job(COUNT, fake_picture())] * 3)}
    assert answers == {"3"}


def test_engine_programs_that_end_while_the_caller_is_busy_are_not_lost(
    fake_picture: Pictures, hanging: Hanging, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended = threading.Semaphore(0)
    end = ProgramRun._end

    def noted(program: ProgramRun, *outcome: Any, **more: Any) -> None:
        end(program, *outcome, **more)
        ended.release()

    monkeypatch.setattr(ProgramRun, "_end", noted)
    waits = "return str(ImagePatch(image).exists('hang'))"
    jobs = [Job("return 'at once'", fake_picture(), 0), *(Job(waits, fake_picture(i), i) for i in (1, 2, 3))]
    tags = []
    with open_engine(ToolSet("hanging", {"exists": hanging}), EngineSettings(in_flight=4)) as engine:
        for job, _ in engine.run(jobs):
            tags.append(job.tag)
            if job.tag == 0:  # come back after all have ended
                hanging.let_go.set()
                assert all(ended.acquire(timeout=10) for _ in range(4))
                assert not threading.Event().wait(0.2)  # and have been noted
    assert tags == [0, 1, 2, 3]


def test_engine_error_of_the_jobs_themselves_reaches_the_caller(
    fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    def jobs() -> Iterator[Job]:
        yield Job(NEAREST, fake_picture())
        raise StoreError("the pictures are gone")

    with open_engine(fake_toolset(), EngineSettings()) as engine, pytest.raises(StoreError):
        list(engine.run(jobs()))


def test_engine_full_batch_is_asked_while_other_programs_run(
    fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    toolset = replace(fake_toolset(), full_batch=4)
    with open_engine(toolset, EngineSettings(in_flight=12)) as engine:
        runs = list(engine.run(Job(COUNT, fake_picture(i)) for i in range(12)))
    assert {run.outcome for _, run in runs} == {"answered"}
    assert batch_sizes(toolset, "find") == [4, 4, 4]


def test_engine_tool_that_gains_nothing_from_batches_is_asked_at_once(
    fake_toolset: Toolsets, fake_picture: Pictures
) -> None:
    toolset = replace(fake_toolset(), full_batch=1)
    with open_engine(toolset, EngineSettings(in_flight=16, threads=1)) as engine:
        runs = list(engine.run(Job(NEAREST, fake_picture(i % 8), i) for i in range(40)))
    assert {run.outcome for _, run in runs} == {"answered"}
    assert sum(batch_sizes(toolset, "find")) == 8
