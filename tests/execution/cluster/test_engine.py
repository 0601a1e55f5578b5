import pytest
from functools import partial
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.cluster.engine import open_ray_engine
from vpd.execution.cluster.settings import ClusterSettings
from vpd.execution.run import Job
from vpd.execution.trace import events_to_json
import time

NEAREST = "return min(ImagePatch(image).find('cube'), key=lambda c: c.compute_depth()).simple_query('color?')"
S = EngineSettings(in_flight=4)


def shown(engine, jobs):
    return [
        (j.tag, r.outcome, r.answer, r.message, r.line, r.tool_calls, events_to_json(r.events))
        for j, r in engine.run(jobs)
    ]


@pytest.mark.parametrize("tools", ["worker", "shared"])
def test_a(two_nodes, fake_toolset, fake_picture, tools):
    jobs = [Job(NEAREST, fake_picture(i % 16), i) for i in range(100)]
    t = time.time()
    with open_engine(fake_toolset(), S) as e:
        local = shown(e, jobs)
    print("local", time.time() - t)
    t = time.time()
    with open_ray_engine(fake_toolset, S, ClusterSettings(workers=2, chunk=8, tools=tools, tool_cpus=0)) as e:
        print("open", time.time() - t)
        t = time.time()
        remote = shown(e, jobs)
        print("run", time.time() - t)
        t = time.time()
        print(e.isolation, e.tools_version, e.counters)
    assert remote == local
