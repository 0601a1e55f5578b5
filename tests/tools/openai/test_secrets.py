import logging

import pytest

from tests.chat_server import answers, fails
from vpd.errors import EndpointError
from vpd.geometry import Box
from vpd.settings import load_settings
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import open_endpoint_tools
from vpd.tools.protocol import ToolRequest

KEY = "planted-key-b7c1"


def echoes_the_key(status):
    return fails(status, f"the key {KEY} is not good".encode())


def test_api_key_reaches_the_endpoint_and_nothing_else(server, tmp_path, caplog, picture):
    caplog.set_level(logging.DEBUG)
    settings = load_settings({"VPD_HOME": str(tmp_path), "VPD_LLM_URL": server.url, "VPD_LLM_API_KEY": KEY})
    section = EndpointSection(model="m", concurrency=1)
    tools = open_endpoint_tools(section, settings)

    def ask(question):
        return tools["simple_query"].run([ToolRequest(picture, Box(0, 0, 9, 9), (question,))])

    seen = [repr(section), repr(settings), repr(tools), *(tool.card.version for tool in tools.values())]
    seen += [repr(ask("good")), *map(repr, server.payloads)]
    server.script = [echoes_the_key(400)]
    seen.append(repr(ask("refused")))
    server.script = [
        fails(503, f"{KEY} waits".encode(), **{"retry-after": "0.01"}),
        lambda p: answers("back"),
    ]
    seen.append(repr(ask("retried")))
    server.script = [echoes_the_key(401)]
    with pytest.raises(EndpointError) as raised:
        ask("unauthorised")
    seen += [str(raised.getrepr(style="long")), caplog.text]
    assert {h["Authorization"] for h in server.headers_seen} == {f"Bearer {KEY}"}
    assert [text for text in seen if KEY in text] == []
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert any(path.name == "answers.sqlite" for path in files)
    assert [path for path in files if KEY.encode() in path.read_bytes()] == []


def test_malformed_api_key_is_not_quoted(server, tmp_path, picture):
    settings = load_settings(
        {"VPD_HOME": str(tmp_path), "VPD_LLM_URL": server.url, "VPD_LLM_API_KEY": f"{KEY}\n"}
    )
    tools = open_endpoint_tools(EndpointSection(model="m"), settings)
    with pytest.raises(EndpointError) as raised:
        tools["llm_query"].run([ToolRequest(picture, Box(0, 0, 9, 9), ("a?",))])
    assert KEY not in str(raised.getrepr(style="long", chain=True))
