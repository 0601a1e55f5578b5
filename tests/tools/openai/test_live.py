import pytest

from vpd.chat.embedded import SAMPLER_MODEL, EmbeddedServer, find_model
from vpd.geometry import Box
from vpd.settings import load_settings
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import open_endpoint_tools
from vpd.tools.protocol import ToolRequest


@pytest.mark.live
def test_embedded_server_knows_the_capital_of_france(tmp_path, picture):
    folder = load_settings().model_dir.expanduser()
    if not (folder / SAMPLER_MODEL.name).exists():
        pytest.skip(f"{SAMPLER_MODEL.name} is not in {folder}")
    server = EmbeddedServer(find_model(SAMPLER_MODEL, folder), slots=1, threads=2)
    section = EndpointSection(model=SAMPLER_MODEL.name, url=server.url, methods=("llm_query",))
    tools = open_endpoint_tools(section, load_settings({"VPD_HOME": str(tmp_path)}))
    question = "What is the capital of France?"
    (answer,) = tools["llm_query"].run([ToolRequest(picture, Box(0, 0, 9, 9), (question,))])
    assert answer.value == "Paris"
    assert 0.5 < answer.confidence <= 1
