from contextlib import suppress
from pathlib import Path

import dagster as dg
import pytest

from resources.program_sampler import ProgramSamplerResource
from vpd.chat.answers import Answer
from vpd.chat.embedded import MODEL_NAME
from vpd.chat.request import Request
from vpd.errors import ConfigError
from vpd.sampling.prompt import Asked

FILE = """
ceiling = 7.5
[sampling]
temperature = 0.9
repair = false
[[writers]]
model = "a"
candidates = 2
endpoint = { url = "http://127.0.0.1:9/v1", price = { input = 1.0, output = 1.0 } }
[[writers]]
model = "b"
candidates = 3
endpoint = { url = "http://127.0.0.1:10/v1", price = { input = 1.0, output = 1.0 } }
"""


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("VPD_HOME", str(tmp_path))


@pytest.fixture
def plan_file(tmp_path: Path) -> str:
    file = tmp_path / "plan.toml"
    file.write_text(FILE)
    return str(file)


def test_program_sampler_with_fields_asks_for_that_model_and_number():
    resource = ProgramSamplerResource(
        url="http://127.0.0.1:9/v1", llm="mine", candidates=3, temperature=0.7, repair=False, resample=2
    )
    with resource.open("scenes") as sampler:
        [writer] = sampler.config.writers
        assert (writer.model, writer.candidates) == ("mine", 3)
        assert (sampler.config.temperature, sampler.config.repair, sampler.config.resample) == (0.7, False, 2)
        assert sampler.plan.endpoints["mine"].url == "http://127.0.0.1:9/v1"


def test_program_sampler_without_fields_samples_as_the_method_says():
    with ProgramSamplerResource().open("photos") as sampler:
        config = sampler.config
        assert (config.candidates, config.temperature, config.repair, config.resample) == (5, 0.5, True, 0)
        assert (config.writers[0].model, config.tools, sampler.plan.ceiling) == (MODEL_NAME, "photos", None)


def test_program_sampler_without_a_model_asks_for_the_one_of_the_environment(monkeypatch):
    monkeypatch.setenv("VPD_LLM_MODEL", "theirs")
    with ProgramSamplerResource().open("photos") as sampler:
        assert (sampler.config.writers[0].model, sampler.config.tools) == ("theirs", "photos")


def test_program_sampler_with_a_plan_file_does_as_the_file_says(plan_file, monkeypatch):
    monkeypatch.setenv("VPD_LLM_FILE", "/nowhere.toml")
    with ProgramSamplerResource(plan_file=plan_file).open("scenes") as sampler:
        assert [(w.model, w.candidates) for w in sampler.config.writers] == [("a", 2), ("b", 3)]
        assert (sampler.config.temperature, sampler.config.repair) == (0.9, False)
        assert sampler.plan.ceiling == 7.5


def test_program_sampler_fields_come_before_the_plan_file(plan_file, monkeypatch):
    monkeypatch.setenv("VPD_LLM_FILE", plan_file)
    given = ProgramSamplerResource(candidates=1, temperature=0.1, repair=True, ceiling=2.0)
    with given.open("scenes") as sampler:
        assert [(w.model, w.candidates) for w in sampler.config.writers] == [("a", 1), ("b", 1)]
        assert (sampler.config.temperature, sampler.config.repair) == (0.1, True)
        assert sampler.plan.ceiling == 2.0
    with ProgramSamplerResource(llm="mine").open("scenes") as sampler:
        assert [writer.model for writer in sampler.config.writers] == ["mine"]


def test_program_sampler_with_a_plan_file_and_a_model_is_refused(plan_file):
    with (
        pytest.raises(ConfigError, match="plan_file"),
        ProgramSamplerResource(plan_file=plan_file, llm="m").open("scenes"),
    ):
        pass


def test_program_sampler_fields_can_be_set_in_the_config_of_a_run():
    said = {}

    @dg.asset
    def asks(program_sampler: ProgramSamplerResource) -> None:
        with program_sampler.open("scenes") as sampler:
            said["config"] = sampler.config

    resources = {"program_sampler": ProgramSamplerResource.configure_at_launch()}
    config = {"resources": {"program_sampler": {"config": {"candidates": 2, "repair": False}}}}
    job = dg.Definitions([asks], resources=resources).resolve_implicit_global_asset_job_def()
    with dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance, run_config=config)
    assert (said["config"].candidates, said["config"].repair, said["config"].temperature) == (2, False, 0.5)


class FakeServer:
    """An endpoint that is up from its first check to its close."""

    url = "the fake"

    def __init__(self) -> None:
        self.life: list[str] = []

    def check(self) -> None:
        self.life.append("checked")

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        self.life.append("asked")
        return [Answer(request.key, s, "?", None, None, "stop", None, 1, 0, 0, "live") for s in samples]

    def close(self) -> None:
        self.life.append("closed")


@pytest.mark.parametrize("error", [None, RuntimeError("the run was stopped")])
def test_program_sampler_stops_what_it_started_however_the_block_ends(monkeypatch, error):
    server = FakeServer()
    monkeypatch.setattr("vpd.sampling.sampler.open_endpoint", lambda *_, **__: server)
    with suppress(RuntimeError), ProgramSamplerResource(repair=False).open("scenes") as sampler:
        assert server.life == []
        assert list(sampler.sample([Asked("Is it red?")]))
        assert server.life == ["checked", "asked"]
        if error:
            raise error
    assert server.life[2:] == ["closed"]


def test_program_sampler_shows_no_key(monkeypatch):
    monkeypatch.setenv("VPD_LLM_API_KEY", "secret-key")
    resource = ProgramSamplerResource()
    with resource.open("scenes"):
        assert "secret-key" not in repr(resource)
    assert not any("key" in name for name in ProgramSamplerResource.model_fields)


def test_program_sampler_with_fields_that_do_not_fit_is_refused():
    resource = ProgramSamplerResource(temperature=1.5, resample=1)
    with pytest.raises(ConfigError, match="temperature"), resource.open("scenes"):
        pass
