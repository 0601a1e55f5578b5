"""Samples asked once, counts, budget and ceiling."""

import time
from threading import Event

import pytest

from tests.chat_server import answers, chat_request, fails, question_of
from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.asker import MOST_UNANSWERED, Asker
from vpd.chat.budget import Budget
from vpd.chat.client import HttpChatEndpoint
from vpd.chat.price import Price
from vpd.errors import ConfigError, EndpointError, SpendingCeilingError

USAGE = {"prompt_tokens": 30, "completion_tokens": 6, "prompt_tokens_details": {"cached_tokens": 10}}
PRICE = Price(input=1e6, output=1e6)  # a dollar a token


@pytest.fixture
def open_asker(server, tmp_path):
    opened = []

    def open_(concurrency=4, **more):
        endpoint = HttpChatEndpoint(server.url, pause=0.0)
        opened.append(Asker(endpoint, AnswerCache(tmp_path / "answers.sqlite"), concurrency, **more))
        return opened[-1]

    yield open_
    for asker in opened:
        asker.close()


def requests(number):
    return [chat_request(f"question {i}") for i in range(number)]


def costs(tokens):
    """Each request costs so many dollars."""
    usage = {"prompt_tokens": 1, "completion_tokens": tokens - 1}
    return lambda payload: answers(question_of(payload), logprobs=(), usage=usage)


def test_samples_come_in_the_order_asked_for_and_in_one_request(server, open_asker):
    found = open_asker().start(chat_request("a?"), (4, 1, 3)).result()
    assert [a.sample for a in found] == [4, 1, 3]
    assert len({a.text for a in found}) == 3
    assert server.asked["a?"] == 1


def test_only_samples_that_are_not_kept_are_asked(server, open_asker):
    first = open_asker().start(chat_request("a?"), (0, 2)).result()
    server.payloads.clear()
    found = open_asker().start(chat_request("a?"), range(4)).result()
    assert [found[0], found[2]] == first
    assert [payload["n"] for payload in server.payloads] == [2]


def test_answers_are_durable_before_the_future_is_done(server, open_asker, tmp_path):
    asker = open_asker()
    for request in requests(10):
        found = asker.start(request, (0, 1)).result()
        cache = AnswerCache(tmp_path / "answers.sqlite")
        assert list(cache.get(request.key).values()) == found
        cache.close()


def test_same_samples_under_way_are_not_asked_twice(server, open_asker):
    server.delay = 0.1
    asker = open_asker()
    futures = [asker.start(chat_request("a?"), (0, 1)) for _ in range(5)]
    assert len({id(future.result()) for future in futures}) == 1
    assert server.asked["a?"] == 1


def test_counts_say_what_was_done(server, open_asker):
    server.behaviour = lambda payload: answers(*["x"] * payload["n"], logprobs=(), usage=USAGE)
    asker = open_asker(price=Price(input=3, cached_input=1, output=10))
    asker.start(chat_request("a?"), (0, 1)).result()
    asker.start(chat_request("a?"), (0, 1, 2)).result()
    server.behaviour = fails(400)
    asker.start(chat_request("bad"), (0, 1)).result()
    counts = asker.counts
    assert (counts.asked, counts.answered, counts.from_cache, counts.failed) == (3, 3, 2, 2)
    assert (counts.prompt_tokens, counts.cached_tokens, counts.completion_tokens) == (60, 20, 12)
    assert counts.cost == pytest.approx((40 * 3 + 20 * 1 + 12 * 10) / 1e6)
    assert open_asker().counts.cost is None


def test_model_that_gives_no_text_any_more_stops_the_run(server, open_asker):
    server.behaviour = lambda payload: answers(None, finish="length")
    asker = open_asker(concurrency=1)
    futures = [asker.start(request) for request in requests(20)]
    with pytest.raises(EndpointError, match="length"):
        futures[-1].result()
    assert len(server.payloads) == MOST_UNANSWERED
    assert futures[0].result()[0].final


def test_kept_answers_still_come_after_the_endpoint_broke(server, open_asker):
    open_asker().start(chat_request("kept")).result()
    server.behaviour = fails(401)
    asker = open_asker()
    for question in ("new", "newer"):
        with pytest.raises(EndpointError):
            asker.start(chat_request(question)).result()
    assert asker.start(chat_request("kept")).result()[0].text
    assert server.asked["newer"] == 0


def test_close_keeps_what_is_under_way_and_asks_nothing_more(server, open_asker, tmp_path):
    server.delay = 0.1
    asker = open_asker(concurrency=2)
    for request in requests(20):
        asker.start(request)
    while not server.payloads:
        time.sleep(0.01)
    asker.close()
    cache = AnswerCache(tmp_path / "answers.sqlite")
    assert sum(len(cache.get(request.key)) for request in requests(20)) == len(server.payloads) < 20
    cache.close()


def test_ceiling_is_never_exceeded_and_what_was_answered_is_kept(server, open_asker):
    server.behaviour, server.delay = costs(11), 0.01
    asker = open_asker(price=PRICE, ceiling=100)  # a worst case of 20: 10 characters and 10 tokens
    with pytest.raises(SpendingCeilingError) as raised:
        asker.ask(requests(30))
    assert asker.counts.cost == 88  # with one more it might have been 108
    assert len(server.payloads) == asker.counts.answered == 8
    assert "88.0" in str(raised.value)
    assert "100.0" in str(raised.value)
    again = open_asker(price=PRICE, ceiling=1000)
    assert len(again.ask(requests(30))) == 30
    assert set(server.asked.values()) == {1}


def test_ceiling_is_not_reached_by_kept_answers(open_asker):
    open_asker().ask(requests(5))
    assert len(open_asker(price=PRICE, ceiling=0).ask(requests(5))) == 5


def test_ceiling_counts_the_worst_case_where_no_usage_is_given(server, open_asker):
    server.behaviour = lambda payload: answers("x", logprobs=())
    asker = open_asker(price=PRICE, ceiling=60)
    with pytest.raises(SpendingCeilingError):
        asker.ask(requests(30))
    assert len(server.payloads) == 3


def test_ceiling_is_not_eaten_by_failures(server, open_asker):
    server.script, server.behaviour = [fails(400)] * 4, costs(11)
    asker = open_asker(concurrency=1, price=PRICE, ceiling=25)
    asker.ask(requests(5))
    assert asker.counts.cost == 11


def test_ceiling_without_a_price_is_refused(open_asker):
    with pytest.raises(ConfigError, match="price"):
        open_asker(ceiling=1)


class Gate:
    """An endpoint that answers when it is told to."""

    url = "a gate"

    def __init__(self):
        self.open, self.asked = Event(), []

    def check(self):
        return

    def close(self):
        self.open.set()

    def complete(self, request, samples):
        self.asked.append(request.question)
        self.open.wait()
        return [Answer(request.key, s, "x", None, None, "stop", None, 1, 1, 0, "live") for s in samples]


def test_requests_go_out_at_once_as_many_as_set(tmp_path):
    gate = Gate()
    asker = Asker(gate, AnswerCache(tmp_path / "answers.sqlite"), 6)
    futures = [asker.start(request) for request in requests(24)]
    while len(gate.asked) < 6:
        time.sleep(0.01)
    assert len(gate.asked) == 6
    gate.open.set()
    assert sum(len(future.result()) for future in futures) == 24
    asker.close()


def test_ceiling_waits_for_real_costs_before_it_gives_up(tmp_path):
    gate = Gate()
    asker = Asker(gate, AnswerCache(tmp_path / "answers.sqlite"), 4, price=PRICE, ceiling=45)
    futures = [asker.start(request) for request in requests(4)]
    while len(gate.asked) < 2:
        time.sleep(0.01)
    assert len(gate.asked) == 2  # twice the worst case of 20
    gate.open.set()
    assert sum(len(future.result()) for future in futures) == 4
    assert asker.counts.cost == 8
    asker.close()


def test_budget_is_taken_before_and_corrected_after_each_request(server, open_asker):
    now = [0.0]
    budget = Budget(None, 50, lambda: now[0], lambda seconds: now.append(now.pop() + max(seconds, 0.25)))
    server.behaviour = costs(10)
    open_asker(concurrency=1, budget=budget).ask(requests(4))
    assert now[0] == 0
    open_asker(concurrency=1, budget=budget).ask(requests(6))
    assert now[0] >= 60
