from pathlib import Path

import dagster as dg
import numpy as np
import pytest

from resources.vision_tools import VisionToolsResource
from vpd.errors import ConfigError, SandboxError
from vpd.execution import jail
from vpd.execution.run import Job
from vpd.probing.ablation import ablated
from vpd.tools.protocol import Picture


def test_vision_tools_open_the_named_set():
    with VisionToolsResource(in_flight=2, threads=1).open() as engine:
        assert engine.tools_version.startswith("scenes")
        assert engine.settings.in_flight == 2


def test_vision_tools_deny_what_they_see_only_if_asked_to_and_are_the_same_tools():
    tools = VisionToolsResource(in_flight=1, threads=1)
    empty = Picture("0" * 64, np.full((96, 96, 3), 128, np.uint8))
    sees = "return bool_to_yesno(ImagePatch(image).exists('cube'))"
    answers, versions = [], set()
    for deniable in (False, True):
        with tools.open(deniable) as engine:
            versions.add(engine.tools_version)
            jobs = [Job(sees, empty), Job(sees, ablated(empty, "flipped"))]
            answers.append([run.answer for _, run in engine.run(jobs)])
    assert answers == [["no", "no"], ["no", "yes"]]
    assert len(versions) == 1


def test_vision_tools_of_an_unknown_set_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="scenes"), VisionToolsResource(toolset="none").open():
        pass


def test_vision_tools_below_the_isolation_required_do_not_open(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jail, "_bwraps", list)
    tools = VisionToolsResource(in_flight=1, threads=1)
    with tools.open() as engine:
        assert engine.isolation == "vm"
    strict = VisionToolsResource(in_flight=1, threads=1, require_isolation="vm+jail")
    with pytest.raises(SandboxError, match="require_isolation"), strict.open():
        pass


def test_vision_tools_isolation_is_set_in_the_run_configuration():
    required: list[object] = []

    @dg.asset
    def programs(vision_tools: VisionToolsResource) -> None:
        required.append(vision_tools.settings().require_isolation)

    config = {"resources": {"vision_tools": {"config": {"require_isolation": "vm+jail+seccomp"}}}}
    tools = {"vision_tools": VisionToolsResource.configure_at_launch()}
    assert dg.materialize([programs], resources=tools, run_config=config).success
    assert required == [jail.Isolation.SECCOMP]


def test_vision_tools_cache_file_spares_the_tools_of_the_next_run(tmp_path: Path):
    job = Job(
        "return str(len(ImagePatch(image).find('cube')))", Picture("0" * 64, np.zeros((96, 96, 3), np.uint8))
    )
    tools = VisionToolsResource(in_flight=1, threads=1, cache_file=str(tmp_path / "answers.sqlite"))
    batches, answers = [], []
    for _ in range(2):
        with tools.open() as engine:
            answers += [run.answer for _, run in engine.run([job])]
            batches.append(engine.counters.batches)
    assert batches == [1, 0]
    assert answers[0] == answers[1]
