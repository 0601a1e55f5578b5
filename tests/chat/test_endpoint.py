import pytest
from pydantic import ValidationError

from tests.chat_server import chat_request
from vpd.chat.embedded import EmbeddedEndpoint
from vpd.chat.endpoint import EndpointConfig, open_endpoint
from vpd.errors import ConfigError
from vpd.settings import load_settings

KEY = "planted-key-9d2e"


def key_sent(server, config, settings, environ):
    endpoint = open_endpoint(config, settings, environ=environ)
    endpoint.complete(chat_request("a?"), [0])
    endpoint.close()
    return server.headers_seen[-1].get("Authorization")


def test_key_comes_from_the_settings_or_from_the_variable_that_is_named(server):
    settings = load_settings({"VPD_LLM_API_KEY": "default"})
    config = EndpointConfig(url=server.url)
    named = config.model_copy(update={"api_key_env": "OTHER_KEY"})
    assert key_sent(server, config, load_settings({}), {}) is None
    assert key_sent(server, config, settings, {"OTHER_KEY": KEY}) == "Bearer default"
    assert key_sent(server, named, settings, {"OTHER_KEY": KEY}) == f"Bearer {KEY}"
    with pytest.raises(ConfigError, match="OTHER_KEY"):
        open_endpoint(named, settings, environ={})


def test_no_address_is_the_embedded_model_that_takes_the_repairs_of_one_question_at_once():
    assert isinstance(open_endpoint(EndpointConfig(), load_settings({})), EmbeddedEndpoint)
    assert EndpointConfig().concurrency == 5
    assert EndpointConfig(url="http://host/v1").concurrency > 1
    assert EndpointConfig(url="http://host/v1", concurrency=3).concurrency == 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"api_key": KEY},
        {"url": "host:8000/v1"},
        {"url": f"https://user:{KEY}@host/v1"},
        {"url": f"https://host/v1?key={KEY}"},
        {"concurrency": 0},
        {"requests_per_minute": 0},
        {"tokens_per_minute": 0},
        {"attempts": 0},
        {"timeout": 0},
        {"price": {"input": 1}},
    ],
)
def test_endpoint_with_a_wrong_field_is_refused_without_quoting_it(wrong):
    with pytest.raises(ValidationError) as raised:
        EndpointConfig.model_validate(wrong)
    assert KEY not in str(raised.value)
