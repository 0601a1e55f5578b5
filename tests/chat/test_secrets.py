"""A planted key reaches the endpoint, and no message, log, count or file."""

import logging

import pytest

from tests.chat_server import answers, chat_request, fails
from vpd.chat.answers import AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.endpoint import EndpointConfig, open_endpoint
from vpd.chat.price import Price
from vpd.errors import EndpointError, SpendingCeilingError
from vpd.settings import load_settings

KEY = "planted-key-4f0a"


def echoes_the_key(status, **headers):
    return fails(status, f"the key {KEY} is not good for n".encode(), **headers)


def one_choice(payload):
    return answers("x", usage={"prompt_tokens": 5})


def test_key_reaches_the_endpoint_and_nothing_else(server, tmp_path, caplog):
    caplog.set_level(logging.DEBUG)
    config = EndpointConfig(
        url=server.url, api_key_env="OTHER_KEY", requests_per_minute=1000, price=Price(input=1, output=1)
    )
    settings = load_settings({"VPD_HOME": str(tmp_path)})
    seen = [repr(config), config.model_dump_json()]

    def opened(ceiling=None):
        endpoint = open_endpoint(config, settings, environ={"OTHER_KEY": KEY})
        cache = AnswerCache(tmp_path / "answers.sqlite")
        return Asker(endpoint, cache, 1, config.budget(), config.price, ceiling)

    def ask(asker, question, expected=None):
        future = asker.start(chat_request(question), (0, 1))
        if expected is None:
            seen.append(repr(future.result()))
            return
        with pytest.raises(expected) as raised:
            future.result()
        seen.append(str(raised.getrepr(style="long", chain=True)))

    asker = opened()
    ask(asker, "good")
    server.script = [echoes_the_key(400), echoes_the_key(400)]
    ask(asker, "refused, with several and with one")
    server.script = [one_choice, echoes_the_key(401)]
    ask(asker, "refused half way")
    server.script = [echoes_the_key(429, **{"retry-after": "0"})]
    ask(asker, "retried")
    server.script = [echoes_the_key(401)]
    ask(asker, "unauthorised", EndpointError)
    seen += [repr(asker), repr(asker.counts)]
    asker.close()
    poor = opened(ceiling=0)
    ask(poor, "too dear", SpendingCeilingError)
    poor.close()
    assert {headers["Authorization"] for headers in server.headers_seen} == {f"Bearer {KEY}"}
    assert [text for text in [*seen, caplog.text] if KEY in text] == []
    assert KEY.encode() not in (tmp_path / "answers.sqlite").read_bytes()
