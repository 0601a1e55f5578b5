"""A real model in one actor serves the program workers of a cluster."""

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from vpd.execution.cluster.engine import open_ray_engine
from vpd.execution.cluster.settings import ClusterSettings
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.execution.trace import events_to_json
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.toolset import open_toolset

sys.path.append(str(Path(__file__).parents[3]))  # benchmarks/ is no part of the installed package

FIND = "cats = ImagePatch(image).find('{}')\nreturn str(len(cats))"
SETTINGS = EngineSettings(in_flight=2, threads=1)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    from benchmarks._models import tiny_models

    detector = tiny_models(tmp_path)["detr"]
    path = tmp_path / "models.toml"
    path.write_text(f"batch = 8\n[detector]\nmodel = '{detector}'\nthreshold = 0.0\n")
    return path


def jobs() -> list[Job]:
    random = np.random.default_rng(0)
    pictures = [Picture(f"{n:064x}", random.integers(0, 256, (40, 60, 3)).astype(np.uint8)) for n in range(6)]
    return [Job(FIND.format(name), p, (name, p.image_id)) for p in pictures for name in ("cat", "zebra")]


def test_one_model_in_an_actor_gives_two_workers_the_traces_of_the_local_engine(
    two_nodes: Any, fake_toolset: Callable[..., ToolSet], file: Path
) -> None:
    with open_engine(open_toolset(str(file)), SETTINGS) as engine:
        expected = [(job.tag, run.outcome, events_to_json(run.events)) for job, run in engine.run(jobs())]
    assert {outcome for _, outcome, _ in expected} == {"answered", "vocabulary"}
    cluster = ClusterSettings(workers=2, worker_cpus=0.5, tools="shared", tool_cpus=0.5, chunk=3)
    with open_ray_engine(partial(open_toolset, str(file)), SETTINGS, cluster) as engine:
        found = [(job.tag, run.outcome, events_to_json(run.events)) for job, run in engine.run(jobs())]
    assert found == expected
