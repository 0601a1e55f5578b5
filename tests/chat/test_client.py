import json

import pytest

from tests.chat_server import answers, chat_request, fails, question_of, raw_answers
from vpd.chat.client import HttpChatEndpoint
from vpd.chat.request import Request
from vpd.errors import EndpointError

REQUEST = chat_request("Is there a dog?")
RAW = Request.of("Is there a dog?", {"model": "m", "prompt": "Answer.\nIs there a dog?", "max_tokens": 10})


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
    assert answer.problem_class == "content"
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
    assert [(a.sample, a.problem_class) for a in given] == [(3, None), (4, None)]
    assert given[0].text == "x"
    assert [payload["n"] for payload in server.payloads] == [2, 1]


def one_choice(payload):
    return answers(f"text {len(payload)}")


def test_client_endpoint_that_always_gives_one_choice_is_asked_for_one_from_then_on(server, endpoint):
    server.behaviour = one_choice
    for _ in range(2):
        assert [a.sample for a in endpoint.complete(REQUEST, [0, 1, 2, 3, 4])] == [0, 1, 2, 3, 4]
    assert [payload["n"] for payload in server.payloads] == [5, 4, 3] + [1] * 7


def refuses_several(payload):
    if payload["n"] > 1:
        return 422, {}, b'{"detail": [{"loc": ["body", "n"], "msg": "must be 1"}]}'
    return one_choice(payload)


def test_client_endpoint_that_refuses_several_choices_is_asked_for_one_from_then_on(server, endpoint):
    server.behaviour = refuses_several
    for _ in range(2):
        given = endpoint.complete(REQUEST, [0, 1, 2])
        assert [(a.sample, a.problem) for a in given] == [(0, None), (1, None), (2, None)]
    assert [payload["n"] for payload in server.payloads] == [3] + [1] * 6


def test_client_refusal_that_has_nothing_to_do_with_n_changes_nothing(server, endpoint):
    refusal = b'{"error": "in:\\n\\n no"}'
    server.script = [fails(400, refusal), fails(400, b"n or another thing"), fails(400, b"another thing")]
    for _ in range(2):
        given = endpoint.complete(REQUEST, [0, 1])
        assert [a.problem_class for a in given] == ["request", "request"]
    endpoint.complete(REQUEST, [0, 1])
    assert [payload["n"] for payload in server.payloads] == [2, 2, 1, 2]


@pytest.mark.parametrize("broken", [fails(401), fails(503)])
def test_client_what_came_stays_when_the_endpoint_breaks_half_way(server, endpoint, broken):
    server.script, server.behaviour = [one_choice], broken
    given = endpoint.complete(REQUEST, [0, 1, 2])
    assert [a.problem_class for a in given] == [None, "provider", "provider"]


def test_client_attempts_are_as_many_as_set(server):
    endpoint = HttpChatEndpoint(server.url, pause=0.0, attempts=2)
    server.script = [fails(503)] * 9
    endpoint.complete(REQUEST, [0])
    endpoint.close()
    assert len(server.payloads) == 2


def test_client_raw_prompt_goes_to_completions(server, endpoint):
    server.script = [lambda payload: raw_answers("yes", "no", logprobs=(-0.5, -1.5))]
    given = endpoint.complete(RAW, [0, 1])
    assert [(a.text, a.logprob, a.tokens) for a in given] == [("yes", -1.0, 2), ("no", -1.0, 2)]
    assert server.paths == ["/v1/completions"]
    assert question_of(server.payloads[0]) == "Is there a dog?"
    endpoint.complete(REQUEST, [0])
    assert server.paths[1] == "/v1/chat/completions"


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


def test_client_later_samples_are_asked_with_a_seed_of_their_own(server, endpoint):
    request = Request.of("q?", {**chat_request("q?").payload, "seed": 7})
    endpoint.complete(request, [0, 1])
    endpoint.complete(request, [2])
    assert [(p["seed"], p["n"]) for p in server.payloads] == [(7, 2), (9, 1)]
