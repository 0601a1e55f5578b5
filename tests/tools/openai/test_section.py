import pytest
from pydantic import ValidationError

from vpd.errors import ConfigError
from vpd.geometry import Box
from vpd.settings import load_settings
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import open_endpoint_tools
from vpd.tools.protocol import ToolRequest


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": "secret"},
        {"methods": ["find"]},
        {"methods": []},
        {"concurrency": 0},
        {"url": "host:8000/v1"},
        {"url": "https://user:secret@host/v1"},
        {"url": "https://host/v1?key=secret"},
        {"model": ""},
    ],
)
def test_section_with_a_wrong_field_is_refused(wrong):
    with pytest.raises(ValidationError):
        EndpointSection.model_validate({"model": "m", **wrong})


def test_tools_without_an_address_say_what_to_set(tmp_path):
    with pytest.raises(ConfigError, match="VPD_LLM_URL"):
        open_endpoint_tools(EndpointSection(model="m"), load_settings({"VPD_HOME": str(tmp_path)}))


def test_tools_use_the_address_of_the_environment_unless_the_section_has_one(server, tmp_path, picture):
    elsewhere = {"VPD_HOME": str(tmp_path / "b"), "VPD_LLM_URL": "http://127.0.0.1:9/v1"}
    here = {"VPD_HOME": str(tmp_path / "a"), "VPD_LLM_URL": server.url}
    for section, environ in (
        (EndpointSection(model="m"), here),
        (EndpointSection(model="m", url=server.url), elsewhere),
    ):
        tools = open_endpoint_tools(section, load_settings(environ))
        (result,) = tools["llm_query"].run([ToolRequest(picture, Box(0, 0, 9, 9), ("Which colour?",))])
        assert result.value == "Red"
    assert len(server.payloads) == 2
