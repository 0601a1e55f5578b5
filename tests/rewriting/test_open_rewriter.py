"""The rewriter as it is opened from settings, against an endpoint over HTTP."""

import socket
from pathlib import Path

import pytest

from tests.chat_server import ChatServer, answers, question_of
from vpd.errors import ConfigError, EndpointError, SpendingCeilingError
from vpd.rewriting.rewriter import Draft, open_rewriter
from vpd.settings import Settings

TWO = """
ceiling = {ceiling}
[[writers]]
model = "base"
style = "raw"
endpoint = {{ url = "{url}", price = {{ input = 1.0, output = 1.0 }} }}
[[writers]]
model = "talker"
endpoint = {{ url = "{url}", price = {{ input = 1.0, output = 1.0 }} }}
[[writers]]
model = "second"
endpoint = {{ url = "{url}" , price = {{ input = 1.0, output = 1.0 }} }}
"""
DRAFT = Draft("I find a cube at [1 2 3 4]. The answer is 1.", lambda _: None)


def with_file(settings: Settings, text: str) -> Settings:
    file = settings.home / "models.toml"
    file.write_text(text)
    return settings.model_copy(update={"llm_url": "", "llm_model": "", "llm_file": str(file)})


def sees(payload):
    return answers(question_of(payload).replace("find", "see"), logprobs=(), usage={"prompt_tokens": 9})


def test_open_rewriter_asks_the_endpoint_and_model_of_the_settings(server: ChatServer, settings: Settings):
    server.behaviour = sees
    with open_rewriter(settings) as rewriter:
        assert not server.payloads
        [said] = rewriter.reword([DRAFT])
    assert said.text == "I see a cube at [1 2 3 4]. The answer is 1."
    assert [payload["model"] for payload in server.payloads] == ["theirs"]
    assert server.headers_seen[0]["Authorization"] == "Bearer secret-key"
    assert "secret-key" not in repr(rewriter.identity)


def test_open_rewriter_again_takes_answers_from_the_cache_of_programs(server: ChatServer, settings: Settings):
    server.behaviour = sees
    for _ in range(2):
        with open_rewriter(settings) as rewriter:
            assert rewriter.reword([DRAFT])[0].accepted
    assert len(server.payloads) == 1
    assert (settings.home / "cache" / "answers.sqlite").exists()


def test_open_rewriter_asks_the_first_model_that_talks_or_the_one_named(
    server: ChatServer, settings: Settings
):
    server.behaviour = sees
    settings = with_file(settings, TWO.format(url=server.url, ceiling=1.0))
    for model in ("", "second"):
        with open_rewriter(settings, model=model) as rewriter:
            rewriter.reword([DRAFT])
    assert [payload["model"] for payload in server.payloads] == ["talker", "second"]


@pytest.mark.parametrize("model", ["base", "nobody"])
def test_open_rewriter_with_a_model_that_cannot_do_it_names_those_that_can(
    settings: Settings, server: ChatServer, model: str
):
    settings = with_file(settings, TWO.format(url=server.url, ceiling=1.0))
    with pytest.raises(ConfigError, match=f"{model}.*talker, second"), open_rewriter(settings, model=model):
        pass


def test_open_rewriter_does_not_spend_more_than_the_ceiling(server: ChatServer, settings: Settings):
    settings = with_file(settings, TWO.format(url=server.url, ceiling=0.000001))
    with open_rewriter(settings) as rewriter, pytest.raises(SpendingCeilingError):
        rewriter.reword([DRAFT])
    assert not server.payloads


def test_open_rewriter_with_nobody_at_the_address_says_where(tmp_path: Path, settings: Settings):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    with (
        open_rewriter(settings.model_copy(update={"llm_url": url})) as rewriter,
        pytest.raises(EndpointError, match=url),
    ):
        rewriter.reword([DRAFT])
