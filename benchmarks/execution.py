"""How fast programs are executed, against a sequential engine and against the tools' own time.

`vpd bench execution --json` prints it: 400 questions with 5 candidates each, for three tool sets. Two are
real; `simulated_server` is a simulation (`benchmarks._model_server`) and is called so. What depends on time
is given as the least, median and greatest of the turns; in a turn, engine, baseline and floor follow each
other. Both wall times and CPU times are of a machine that may be doing other work: see `load_average`.

    times_baseline   programs per second over those of the sequential baseline (a sample of the programs)
    wall_over_floor  wall time over the time of the distinct tool calls alone, in full batches
    same_answers     share of the baseline's programs to which the engine gave the same answer, or none too
"""

import os
from collections.abc import Callable, Sequence
from statistics import mean, median
from typing import Any

from benchmarks._measure import FloorTurn, Turn, measure
from benchmarks._workload import Workload, detector_workload, opencv_workload, server_workload
from vpd.errors import ModelFileError
from vpd.execution.engine import EngineSettings
from vpd.execution.program import Program, canonical

QUESTIONS = 400
TURNS = 3
IN_FLIGHT = 256

WORKLOADS: dict[str, Callable[[int], Workload]] = {
    "opencv": opencv_workload,
    "detector": detector_workload,
    "simulated_server": server_workload,
}


def run(questions: int = QUESTIONS, turns: int = TURNS, in_flight: int = IN_FLIGHT) -> dict[str, Any]:
    """Measure all three; a set whose model file is missing says so."""
    figures: dict[str, Any] = {"cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0]}
    for name, prepare in WORKLOADS.items():
        try:
            workload = prepare(questions)
        except ModelFileError as error:
            figures[name] = {"left_out": str(error)}
            continue
        found = measure(workload, EngineSettings(in_flight=in_flight), turns)
        figures[name] = {**described(workload), "in_flight": in_flight, **compared(found)}
    return figures


def described(workload: Workload) -> dict[str, Any]:
    """Return what a workload consists of."""
    jobs = [job for question in workload.questions for job in question]
    programs = [(job.picture.image_id, canonical(job.source)) for job in jobs]
    distinct = {(image, p.program_id) for image, p in programs if isinstance(p, Program)}
    return {
        "questions": len(workload.questions),
        "programs": len(jobs),
        "programs_distinct_on_their_picture": len(distinct),
        "pictures": len({job.picture.image_id for job in jobs}),
    }


def compared(turns: Sequence[Turn]) -> dict[str, Any]:
    """Return the figures of several turns over the same workload."""
    return {
        "times_baseline": _spread([_engine_rate(t) / _baseline_rate(t) for t in turns]),
        "wall_over_floor": _spread([t.engine.seconds / t.floor.seconds for t in turns]),
        "engine": _engine(turns),
        "baseline": _baseline(turns),
        "floor": _floor([t.floor for t in turns]),
        "same_answers": mean(_same_answers(t) for t in turns),
    }


def _engine(turns: Sequence[Turn]) -> dict[str, Any]:
    engines = [t.engine for t in turns]
    first = engines[0]
    programs, distinct = len(first.answers), first.done.calls - first.done.cached
    return {
        "programs_per_second": _spread([_engine_rate(t) for t in turns]),
        "isolation": first.isolation,
        "tool_calls_per_program": first.done.calls / programs,
        "tool_calls_distinct": distinct,
        "distinct_by_method": {m: len(asked) for m, asked in sorted(first.asked.items()) if asked},
        "cache_hit_share": first.done.cached / max(1, first.done.calls),
        "mean_batch": _spread([(e.done.calls - e.done.cached) / max(1, e.done.batches) for e in engines]),
        "tool_share_of_wall": _spread([e.done.tool_seconds / e.seconds for e in engines]),
        "sandbox_share_of_cpu": _spread([e.worker_cpu / (e.worker_cpu + e.host_cpu) for e in engines]),
        "cpu_ms_per_program": {
            "sandbox": _spread([1000 * e.worker_cpu / programs for e in engines]),
            "engine": _spread([1000 * (t.engine.host_cpu - t.floor.cpu) / programs for t in turns]),
            "tools": _spread([1000 * t.floor.cpu / programs for t in turns]),
        },
    }


def _baseline(turns: Sequence[Turn]) -> dict[str, Any]:
    results = [result for t in turns for result in t.baseline.results.values()]
    return {
        "programs_per_second": _spread([_baseline_rate(t) for t in turns]),
        "programs": len(results),
        "tool_calls_per_program": mean(result.calls for result in results),
    }


def _floor(floors: Sequence[FloorTurn]) -> dict[str, Any]:
    figures = {
        "seconds": _spread([f.seconds for f in floors]),
        "cpu_seconds": _spread([f.cpu for f in floors]),
    }
    looks = [f.look_seconds for f in floors if f.look_seconds is not None]
    return {**figures, "look_seconds": _spread(looks)} if looks else figures


def _engine_rate(turn: Turn) -> float:
    return len(turn.engine.answers) / turn.engine.seconds


def _baseline_rate(turn: Turn) -> float:
    return len(turn.baseline.results) / turn.baseline.seconds


def _same_answers(turn: Turn) -> float:
    return mean(turn.engine.answers[tag] == r.answer for tag, r in turn.baseline.results.items())


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}
