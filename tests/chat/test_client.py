import json

import pytest

from tests.chat_server import answers, fails
from vpd.chat.client import HttpChatEndpoint
from vpd.errors import EndpointError
from vpd.sampling.request import SamplingConfig, build_request

REQUEST = build_request(SamplingConfig(), "Is there a dog?")


def test_client_n_choices_come_in_one_request(server, endpoint):
    given = endpoint.complete(REQUEST, [0, 1, 2, 3, 4])
    assert [a.sample for a in given] == [0, 1, 2, 3, 4]
    assert len({a.text for a in given}) == 5
    assert given[0].logprob == -1.0
    assert given[0].tokens == 2
    assert server.asked["Is there a dog?"] == 1


@pytest.mark.parametrize(
    "behaviour",
    [
        fails(429, **{"retry-after": "0"}),
        fails(500),
        fails(503),
        fails(0),
        fails(200, b"{not json"),
        fails(200, b'{"choices": [{"index": 0, "message": {}}]}'),
        fails(200, b'{"choices": [{"index": 0, "message": {"content": null}}]}'),
        fails(200, b'{"choices": [{"index": 0, "message": {"content": ["x"]}}]}'),
        fails(200, b'{"choices": [{"index": 0, "message": {"content": "half \\ud83d"}}]}'),
        fails(200, b'{"choices": [{"index": "0", "message": {"content": "x"}}]}'),
        fails(200, b'{"choices": [{"index": 0, "message": {"content": "x"}, "finish_reason": {}}]}'),
        fails(200, b'{"choices": [{"index": 0, "message": {"content": "x"}, "logprobs": [1]}]}'),
        fails(200, b'{"choices": {}}'),
        fails(200, b'{"choices": []}'),
        fails(200, b"[" * 100_000),
        fails(200, b'{"choices": [{"ind', **{"content-length": "900", "connection": "close"}),
        fails(200, b"not gzip", **{"content-encoding": "gzip"}),
        fails(403),
        fails(529),
    ],
)
def test_client_passing_failure_is_retried_to_success(server, endpoint, behaviour):
    server.script = [behaviour, behaviour]
    (answer,) = endpoint.complete(REQUEST, [0])
    assert answer.problem is None
    assert server.asked["Is there a dog?"] == 3


def test_client_refused_request_is_not_retried(server, endpoint):
    server.script = [fails(400, b"context too long")]
    (answer,) = endpoint.complete(REQUEST, [0])
    assert answer.problem_class == "request"
    assert "context too long" in answer.problem
    assert answer.final
    assert server.asked["Is there a dog?"] == 1


def test_client_lasting_failure_is_a_provider_problem(server, endpoint):
    server.script = [fails(503)] * 10
    failed = endpoint.complete(REQUEST, [0, 1])
    assert {a.problem_class for a in failed} == {"provider"}
    assert not failed[0].final


def test_client_waits_as_long_as_the_endpoint_says(server, endpoint):
    server.script = [fails(429, **{"retry-after": "0.3"})]
    (answer,) = endpoint.complete(REQUEST, [0])
    assert answer.problem is None
    assert server.times[1] - server.times[0] >= 0.3


@pytest.mark.parametrize("status", [301, 401, 402, 404, 405])
def test_client_mistake_that_concerns_every_request_is_an_error_at_once(server, endpoint, status):
    server.script = [fails(status, b"no such thing", location="/elsewhere")]
    with pytest.raises(EndpointError, match="no such thing"):
        endpoint.complete(REQUEST, [0])
    assert server.asked["Is there a dog?"] == 1


@pytest.mark.parametrize("reason", ["content_filter", "length"])
def test_client_no_text_for_a_given_reason_is_final(server, endpoint, reason):
    server.script = [lambda payload: answers(None, finish=reason)]
    (answer,) = endpoint.complete(REQUEST, [0])
    assert answer.text is None
    assert reason in answer.problem
    assert answer.final
    assert server.asked["Is there a dog?"] == 1


def test_client_choices_in_any_order_go_to_their_samples(server, endpoint):
    choices = [{"index": i, "message": {"content": f"text {i}"}} for i in (1, 0)]
    server.script = [fails(200, json.dumps({"choices": choices}).encode())]
    assert [(a.sample, a.text) for a in endpoint.complete(REQUEST, [4, 7])] == [(4, "text 0"), (7, "text 1")]


def test_client_fewer_choices_than_asked_leaves_the_rest_to_ask(server, endpoint):
    body = b'{"choices": [{"index": 0, "message": {"content": "x"}}]}'
    server.script = [fails(200, body)]
    given = endpoint.complete(REQUEST, [3, 4])
    assert [(a.sample, a.problem_class) for a in given] == [(3, None), (4, "provider")]


def test_client_nobody_there_says_what_to_do():
    endpoint = HttpChatEndpoint("http://127.0.0.1:9/v1", pause=0.0)
    with pytest.raises(EndpointError, match="VPD_LLM_URL"):
        endpoint.check()
    endpoint.close()


def test_client_key_goes_to_the_endpoint_and_nowhere_else(server):
    endpoint = HttpChatEndpoint(server.url, api_key="planted-key-123", pause=0.0)
    server.script = [fails(500, b"planted-key-123 again")] * 10
    failed = endpoint.complete(REQUEST, [0])
    endpoint.close()
    assert server.headers_seen[0]["Authorization"] == "Bearer planted-key-123"
    assert "planted-key-123" not in repr(failed)
