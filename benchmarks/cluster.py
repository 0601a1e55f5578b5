"""How many programs a second the engine on Ray runs with one and two workers, beside the local engine.

`vpd bench cluster --json` prints it. All run on this machine: on two cores a second worker brings more only
where programs wait for tools, not where they keep the cores busy. `simulated_server` is a simulation of a GPU
model server (`benchmarks._model_server`) and is called so; with tools in the worker each has one of its own,
else one is shared by all. Engines take turns; starting them is not measured. Figures are the median and the
range over the turns.
"""

import logging
import os
import time
from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

import ray

from benchmarks._workload import Workload, opencv_workload, server_workload
from vpd.execution.cluster.engine import RayEngine, open_ray_engine
from vpd.execution.cluster.settings import ClusterSettings, Placement
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.order import staggered
from vpd.execution.program_engine import ProgramEngine
from vpd.execution.run import Job
from vpd.execution.trace import events_to_json

QUESTIONS = 400
TURNS = 3
BLOCK = 64  # questions side by side, as the stage has them
_PATIENCE = 0.2  # seconds between looks at how many workers have started
SETTINGS = EngineSettings(in_flight=64)
WORKLOADS: dict[str, Callable[[int], Workload]] = {
    "opencv": opencv_workload,
    "simulated_server": server_workload,
}
PLACEMENTS: dict[str, tuple[Placement, ...]] = {
    "opencv": ("worker",),
    "simulated_server": ("worker", "shared"),
}

Traces = dict[Any, tuple[str, str | None, str]]


def run(questions: int = QUESTIONS, turns: int = TURNS) -> dict[str, Any]:
    """Measure both workloads on a Ray cluster that is started for it on this machine."""
    figures: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0]}
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    ray.init(address="local", include_dashboard=False, logging_level=logging.WARNING)
    try:
        for name, prepare in WORKLOADS.items():
            figures[name] = _measured(prepare(questions), PLACEMENTS[name], turns)
    finally:
        ray.shutdown()
    return figures


def _measured(workload: Workload, placements: Sequence[Placement], turns: int) -> dict[str, Any]:
    jobs = list(staggered(workload.questions, BLOCK))
    rates: dict[str, list[float]] = {}
    for _ in range(turns):
        with open_engine(workload.tools(), SETTINGS) as engine:
            expected, rate = _timed(engine, jobs)
        rates.setdefault("local", []).append(rate)
        for tools in placements:
            for workers in (1, 2):
                found, rate = _on_ray(
                    workload, ClusterSettings(workers=workers, tools=tools, tool_cpus=0), jobs
                )
                assert found == expected, "the engine on Ray gave other traces"
                rates.setdefault(f"tools_{tools}_workers_{workers}", []).append(rate)
    return {"programs": len(jobs), "programs_per_second": {k: _range(v) for k, v in rates.items()}}


def _on_ray(workload: Workload, cluster: ClusterSettings, jobs: Sequence[Job]) -> tuple[Traces, float]:
    with open_ray_engine(workload.tools, SETTINGS, cluster) as engine:
        _wait_for_all(engine, cluster.workers, jobs[0])
        return _timed(engine, jobs)


def _wait_for_all(engine: RayEngine, workers: int, job: Job) -> None:
    while engine.workers < workers:
        list(engine.run([job]))
        time.sleep(_PATIENCE)


def _timed(engine: ProgramEngine, jobs: Sequence[Job]) -> tuple[Traces, float]:
    started = time.perf_counter()
    runs = list(engine.run(jobs))
    rate = len(jobs) / (time.perf_counter() - started)
    return {job.tag: (run.outcome, run.answer, events_to_json(run.events)) for job, run in runs}, rate


def _range(values: Sequence[float]) -> dict[str, float]:
    return {"least": min(values), "median": median(values), "greatest": max(values)}
