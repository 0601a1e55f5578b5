"""Measure one workload: the engine, the sequential baseline and the floor, turn by turn.

The floor is the engine's own distinct tool calls once more, with fresh tools and nothing else: per method, in
the order in which they were asked, in full batches. Starting the sandbox's workers is not measured.
"""

import random
import resource
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import psutil

from benchmarks._model_server import BATCH
from benchmarks._sequential import Result, run_sequentially
from benchmarks._workload import Workload
from vpd.execution.counters import Counters
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.instrument import instrument
from vpd.execution.order import staggered
from vpd.execution.run import Job
from vpd.tools.protocol import Tool, ToolFailure, ToolRequest, ToolResult, ToolSet

BLOCK = 64  # questions side by side, as the stage has them

Asked = dict[str, list[ToolRequest]]


@dataclass(frozen=True)
class EngineTurn:
    """One run of all programs. Seconds of wall time and of CPU time; `answers` by the tag of the job."""

    seconds: float
    host_cpu: float
    worker_cpu: float
    done: Counters
    isolation: str
    answers: dict[Any, str | None]
    asked: Asked


@dataclass(frozen=True)
class BaselineTurn:
    """One run of a sample of the programs."""

    seconds: float
    results: dict[Any, Result]


@dataclass(frozen=True)
class FloorTurn:
    """The distinct tool calls alone; `look_seconds` for the work per picture alone, if that is known."""

    seconds: float
    cpu: float
    look_seconds: float | None = None


@dataclass(frozen=True)
class Turn:
    """All three, one after the other, on a machine that may be slower or faster in the next turn."""

    engine: EngineTurn
    baseline: BaselineTurn
    floor: FloorTurn


def measure(workload: Workload, settings: EngineSettings, turns: int) -> list[Turn]:
    """Return the measurements of so many turns; every turn's baseline runs another sample."""
    jobs = list(staggered(workload.questions, BLOCK))
    found: list[Turn] = []
    for number in range(turns):
        engine = run_engine(jobs, workload.tools(), settings)
        sample = random.Random(number).sample(jobs, min(workload.sample, len(jobs)))
        baseline = run_baseline(sample, workload.unaided())
        floor = replace(run_floor(engine.asked, workload.tools()), look_seconds=_look_seconds(workload))
        found.append(Turn(engine, baseline, floor))
    return found


def run_engine(jobs: Sequence[Job], toolset: ToolSet, settings: EngineSettings) -> EngineTurn:
    """Run jobs through a fresh engine that has seen none of the programs."""
    instrument.cache_clear()
    asked: Asked = defaultdict(list)
    tools = {method: _Noted(tool, asked[method]) for method, tool in toolset.tools.items()}
    with open_engine(replace(toolset, tools=tools), settings) as engine:
        before, host, workers = replace(engine.counters), time.process_time(), _worker_cpu()
        started = time.perf_counter()
        answers = {job.tag: run.answer for job, run in engine.run(jobs)}
        seconds = time.perf_counter() - started
        host, workers = time.process_time() - host, _worker_cpu() - workers
        done = engine.counters.since(before)
        return EngineTurn(seconds, host, workers, done, engine.isolation, answers, asked)


def run_baseline(jobs: Sequence[Job], toolset: ToolSet) -> BaselineTurn:
    """Run jobs one after another."""
    started = time.perf_counter()
    results = run_sequentially(jobs, toolset)
    seconds = time.perf_counter() - started
    return BaselineTurn(seconds, {job.tag: result for job, result in zip(jobs, results, strict=True)})


def run_floor(asked: Asked, toolset: ToolSet, batch: int = BATCH) -> FloorTurn:
    """Ask the same requests in full batches."""
    cpu, started = time.process_time(), time.perf_counter()
    for method, requests in asked.items():
        for start in range(0, len(requests), batch):
            toolset.tools[method].run(requests[start : start + batch])
    return FloorTurn(time.perf_counter() - started, time.process_time() - cpu)


def _look_seconds(workload: Workload) -> float | None:
    if workload.look is None:
        return None
    pictures = {question[0].picture.image_id: question[0].picture for question in workload.questions}
    started = time.perf_counter()
    for picture in pictures.values():
        workload.look(picture)
    return time.perf_counter() - started


class _Noted:
    """A tool that notes what it is asked."""

    def __init__(self, tool: Tool, asked: list[ToolRequest]) -> None:
        self.card = tool.card
        self._tool, self._asked = tool, asked

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[ToolResult | ToolFailure]:
        self._asked.extend(batch)
        return self._tool.run(batch)


def _worker_cpu() -> float:
    """CPU seconds of all processes below this one, alive or gone."""
    gone = resource.getrusage(resource.RUSAGE_CHILDREN)
    alive = [child.cpu_times() for child in psutil.Process().children(recursive=True)]
    return float(gone.ru_utime + gone.ru_stime + sum(t.user + t.system for t in alive))
