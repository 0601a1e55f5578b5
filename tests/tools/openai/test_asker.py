"""Concurrency, what is asked once, and endpoints that fail."""

import pytest

from tests.chat_server import answers, fails, question_of
from vpd.chat.asker import MOST_UNANSWERED
from vpd.errors import EndpointError
from vpd.geometry import Box
from vpd.tools.protocol import ToolFailure, ToolRequest

down = fails(503)


def calls(picture, *questions):
    return [ToolRequest(picture, Box(0, 0, 9, 9), (question,)) for question in questions]


def echo(payload):
    return answers(question_of(payload).split("\n")[0])


def test_identical_requests_of_a_batch_are_asked_once(server, open_tools, picture):
    server.behaviour, server.delay = echo, 0.02
    results = open_tools()["llm_query"].run(calls(picture, *"abacab"))
    assert [r.value for r in results] == list("abacab")
    assert set(server.asked.values()) == {1}
    assert len(server.asked) == 3


def test_second_run_asks_nothing_and_needs_no_endpoint(server, open_tools, picture):
    first = open_tools()["simple_query"].run(calls(picture, "a", "b"))
    second = open_tools()["simple_query"]
    server.script = [down] * 100
    assert second.run(calls(picture, "b", "a")) == first[::-1]
    assert len(server.payloads) == 2


@pytest.mark.parametrize("concurrency", [1, 3, 8])
def test_concurrency_reaches_its_bound_and_never_exceeds_it(server, open_tools, picture, concurrency):
    server.delay = 0.02
    tools = open_tools(concurrency=concurrency)
    for name in ("simple_query", "llm_query"):
        tools[name].run(calls(picture, *map(str, range(20))))
    assert server.most_at_once == concurrency


def test_request_that_fails_at_every_retry_is_a_failure_and_asked_again_next_time(
    server, open_tools, picture
):
    server.behaviour = lambda p: down(p) if "bad" in question_of(p) else echo(p)
    good, bad = open_tools()["llm_query"].run(calls(picture, "good", "bad"))
    assert good.value == "good"
    assert isinstance(bad, ToolFailure)
    assert bad.kind == "error"
    server.behaviour = echo
    good, bad = open_tools()["llm_query"].run(calls(picture, "good", "bad"))
    assert (good.value, bad.value) == ("good", "bad")
    assert [n for q, n in server.asked.items() if q.startswith("good")] == [1]


@pytest.mark.parametrize("broken", [down, fails(0), fails(400, b"this model reads no pictures")])
def test_endpoint_that_answers_nothing_any_more_stops_the_run(server, open_tools, picture, broken):
    server.behaviour = broken
    with pytest.raises(EndpointError, match=server.url) as raised:
        open_tools(concurrency=2)["simple_query"].run(calls(picture, *map(str, range(40))))
    assert "run again" in str(raised.value)
    assert len(server.asked) <= MOST_UNANSWERED + 1  # the other thread had one under way


def test_failures_in_a_row_are_counted_over_batches_and_an_answer_starts_afresh(server, open_tools, picture):
    tool = open_tools()["llm_query"]
    server.behaviour = lambda p: echo(p) if "good" in question_of(p) else down(p)
    for i in range(3):
        failed = tool.run(calls(picture, *(f"{i} {j}" for j in range(MOST_UNANSWERED - 1))))
        assert {r.kind for r in failed} == {"error"}
        tool.run(calls(picture, f"good {i}"))
    tool.run(calls(picture, *(f"x {j}" for j in range(MOST_UNANSWERED - 1))))
    with pytest.raises(EndpointError):
        tool.run(calls(picture, "the last"))


def test_endpoint_that_dies_and_comes_back_is_asked_only_what_is_missing(server, open_tools, picture):
    questions = [f"question {i}" for i in range(20)]
    server.script, server.behaviour = [echo] * 7, down
    with pytest.raises(EndpointError):
        open_tools(concurrency=1)["llm_query"].run(calls(picture, *questions))
    server.asked.clear()
    server.behaviour = echo
    results = open_tools(concurrency=1)["llm_query"].run(calls(picture, *questions))
    assert [r.value for r in results] == questions
    assert sorted(server.asked.values()) == [1] * 13


def test_same_tools_go_on_when_the_endpoint_is_back(server, open_tools, picture):
    tool = open_tools()["llm_query"]
    server.behaviour = down
    with pytest.raises(EndpointError):
        tool.run(calls(picture, *map(str, range(9))))
    server.behaviour = echo
    assert [r.value for r in tool.run(calls(picture, "a", "1"))] == ["a", "1"]


@pytest.mark.parametrize("status", [401, 404])
def test_wrong_key_or_address_stops_at_once_and_is_not_remembered(server, open_tools, picture, status):
    server.behaviour = fails(status, b"no such thing")
    with pytest.raises(EndpointError, match="no such thing"):
        open_tools(concurrency=1)["llm_query"].run(calls(picture, *"abc"))
    assert len(server.payloads) == 1
    server.behaviour = echo
    assert [r.value for r in open_tools()["llm_query"].run(calls(picture, *"abc"))] == list("abc")


def test_nobody_at_the_address_stops_at_the_first_request(server, open_tools, picture):
    tools = open_tools()
    server.close()
    with pytest.raises(EndpointError, match="VPD_LLM_URL"):
        tools["llm_query"].run(calls(picture, *"abc"))
