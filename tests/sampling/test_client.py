import pytest

from vpd.errors import EndpointError
from vpd.sampling.client import HttpChatEndpoint
from vpd.sampling.request import SamplingConfig, build_request

REQUEST = build_request(SamplingConfig(), "Is there a dog?")


def fails(status, body=b"", **headers):
    return lambda payload: (status, headers, body)


def test_client_n_choices_come_in_one_request(server, endpoint):
    answers = endpoint.complete(REQUEST, [0, 1, 2, 3, 4])
    assert [a.sample for a in answers] == [0, 1, 2, 3, 4]
    assert len({a.text for a in answers}) == 5
    assert answers[0].logprob == -1.0
    assert answers[0].tokens == 2
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
    ],
)
def test_client_passing_failure_is_retried_to_success(server, endpoint, behaviour):
    server.script = [behaviour, behaviour]
    answers = endpoint.complete(REQUEST, [0])
    assert answers[0].problem is None
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
    answers = endpoint.complete(REQUEST, [0, 1])
    assert {a.problem_class for a in answers} == {"provider"}
    assert not answers[0].final


def test_client_fewer_choices_than_asked_leaves_the_rest_to_ask(server, endpoint):
    body = b'{"choices": [{"index": 0, "message": {"content": "x"}}]}'
    server.script = [fails(200, body)]
    answers = endpoint.complete(REQUEST, [3, 4])
    assert [(a.sample, a.problem_class) for a in answers] == [(3, None), (4, "provider")]


def test_client_nobody_there_says_what_to_do():
    endpoint = HttpChatEndpoint("http://127.0.0.1:9/v1", pause=0.0)
    with pytest.raises(EndpointError, match="VPD_LLM_URL"):
        endpoint.check()
    endpoint.close()


def test_client_key_goes_to_the_endpoint_and_nowhere_else(server):
    endpoint = HttpChatEndpoint(server.url, api_key="planted-key-123", pause=0.0)
    server.script = [fails(500)] * 10
    answers = endpoint.complete(REQUEST, [0])
    endpoint.close()
    assert server.headers_seen[0]["Authorization"] == "Bearer planted-key-123"
    assert "planted-key-123" not in repr(answers)
