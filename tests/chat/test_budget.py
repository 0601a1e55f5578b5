"""A budget against a clock that only sleeping moves."""

from threading import Lock, Thread

from hypothesis import given
from hypothesis import strategies as st

from tests.chat_server import chat_request
from vpd.chat.answers import Answer
from vpd.chat.budget import Budget


class Clock:
    """Time in quarters of a second, so that sums are exact."""

    def __init__(self):
        self.now, self._lock = 0.0, Lock()

    def read(self):
        return self.now

    def sleep(self, seconds):
        with self._lock:
            self.now += max(seconds, 0.25)


def budget(clock, requests=None, tokens=None):
    return Budget(requests, tokens, clock.read, clock.sleep)


def request(tokens):
    """A request that is estimated to take so many tokens."""
    return chat_request("", max_tokens=tokens)


def took(tokens, prompt=1):
    return Answer("k", 0, "x", None, None, "stop", None, tokens - prompt, prompt, 0, "live")


def most_within_a_minute(begun):
    return max(sum(n for at, n in begun if start <= at < start + 60) for start, _ in begun)


@given(st.lists(st.integers(0, 80), min_size=1, max_size=40), st.integers(1, 10), st.integers(80, 300))
def test_budget_is_exceeded_in_no_minute(sizes, requests, tokens):
    clock = Clock()
    limited = budget(clock, requests, tokens)
    shares = [limited.take(request(size), 1) for size in sizes]
    assert most_within_a_minute([(s.began, 1) for s in shares]) <= requests
    assert most_within_a_minute([(s.began, s.tokens) for s in shares]) <= tokens


def test_budget_without_bounds_never_waits():
    clock = Clock()
    unlimited = budget(clock)
    for _ in range(100):
        unlimited.take(request(10**9), 5)
    assert clock.now == 0


def test_budget_estimates_prompt_and_every_sample():
    share = budget(Clock(), tokens=1000).take(chat_request("x" * 40, max_tokens=20), 3)
    assert share.tokens == 10 + 60


def test_budget_correction_makes_room_at_once_and_takes_it_too():
    clock = Clock()
    limited = budget(clock, tokens=100)
    limited.correct(limited.take(request(90), 1), [took(20)])
    share = limited.take(request(80), 1)
    assert clock.now == 0
    limited.correct(share, [took(100)])
    limited.take(request(1), 1)
    assert clock.now >= 60


def test_budget_counts_the_requests_that_samples_one_by_one_took():
    clock = Clock()
    limited = budget(clock, requests=4)
    limited.correct(limited.take(request(1), 3), [took(1), took(1), took(1)])
    limited.take(request(1), 3)
    assert clock.now == 0
    limited.take(request(1), 3)
    assert clock.now >= 60


def test_budget_estimate_stays_where_no_usage_is_given():
    clock = Clock()
    limited = budget(clock, tokens=100)
    limited.correct(limited.take(request(60), 1), [took(5, prompt=0)])
    limited.take(request(60), 1)
    assert clock.now >= 60


def test_request_larger_than_the_budget_goes_out_alone():
    clock = Clock()
    limited = budget(clock, tokens=10)
    limited.take(request(50), 1)
    assert clock.now == 0
    limited.take(request(50), 1)
    assert clock.now >= 60


def test_budget_holds_for_many_threads():
    clock = Clock()
    limited = budget(clock, requests=3)
    begun = []
    threads = [Thread(target=lambda: begun.append((limited.take(request(1), 1).began, 1))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(begun) == 20
    assert most_within_a_minute(begun) <= 3
