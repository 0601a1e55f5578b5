import pytest

from resources.program_sampler import ProgramSamplerResource


@pytest.fixture(autouse=True)
def _home(monkeypatch, tmp_path):
    monkeypatch.setenv("VPD_HOME", str(tmp_path))


def test_program_sampler_with_fields_asks_for_that_model_and_number():
    with ProgramSamplerResource(llm="mine", candidates=3, temperature=0.7).open("scenes") as sampler:
        assert (sampler.config.model, sampler.config.candidates, sampler.config.temperature) == (
            "mine",
            3,
            0.7,
        )


def test_program_sampler_without_a_model_asks_for_the_one_of_the_environment(monkeypatch):
    monkeypatch.setenv("VPD_LLM_MODEL", "theirs")
    with ProgramSamplerResource().open("photos") as sampler:
        assert (sampler.config.model, sampler.config.tools) == ("theirs", "photos")


def test_program_sampler_shows_no_key(monkeypatch):
    monkeypatch.setenv("VPD_LLM_API_KEY", "secret-key")
    resource = ProgramSamplerResource()
    with resource.open("scenes"):
        assert "secret-key" not in repr(resource)
    assert not any("key" in name for name in ProgramSamplerResource.model_fields)
