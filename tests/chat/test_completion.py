import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.chat_server import answers, chat_request, raw_answers
from vpd.chat.completion import read_completion

REQUEST = chat_request("Is there a dog?")
USAGE = {"prompt_tokens": 40, "completion_tokens": 11, "prompt_tokens_details": {"cached_tokens": 30}}


def read(reply, samples=(0, 1, 2)):
    return read_completion(REQUEST, samples, reply[2])


def test_prompt_is_paid_by_the_first_answer_alone():
    found = read(answers("a", "b", "c", usage=USAGE))
    assert [(a.prompt_tokens, a.cached_tokens) for a in found] == [(40, 30), (0, 0), (0, 0)]


@given(st.integers(0, 10_000), st.integers(1, 8))
def test_completion_tokens_of_the_usage_are_divided_without_loss(tokens, choices):
    found = read(answers(*"abcdefgh"[:choices], logprobs=(), usage={"completion_tokens": tokens}), range(8))
    assert len(found) == choices
    assert sum(a.tokens for a in found) == tokens
    assert max(a.tokens for a in found) - min(a.tokens for a in found) < choices


def test_completion_tokens_with_log_probabilities_are_counted_for_each_answer():
    found = read(answers("a", "b", logprobs=(-0.5, -0.5, -0.5), usage=USAGE))
    assert [a.tokens for a in found] == [3, 3]


@pytest.mark.parametrize(
    "usage",
    [
        None,
        "much",
        {"prompt_tokens": -1},
        {"prompt_tokens": "40"},
        {"prompt_tokens": None},
        {"prompt_tokens_details": 3},
        {"completion_tokens": 1.5},
    ],
)
def test_unreadable_usage_costs_no_answer(usage):
    (answer,) = read(answers("a", usage=usage), [0])
    assert (answer.text, answer.tokens, answer.prompt_tokens) == ("a", 2, 0)


@pytest.mark.parametrize("details", [None, {}, {"cached_tokens": None}])
def test_usage_without_cached_tokens_has_none(details):
    (answer,) = read(answers("a", usage={**USAGE, "prompt_tokens_details": details}), [0])
    assert (answer.prompt_tokens, answer.cached_tokens) == (40, 0)


def test_raw_choices_of_both_kinds_of_servers_are_read():
    older = raw_answers("a", logprobs=(-1.0, -3.0))
    llama = {"index": 0, "text": "a", "logprobs": {"content": [{"logprob": -1.0}, {"logprob": -3.0}]}}
    for body in (older[2], json.dumps({"choices": [llama]}).encode()):
        (answer,) = read_completion(REQUEST, [0], body)
        assert (answer.text, answer.logprob, answer.tokens) == ("a", -2.0, 2)


def test_refusal_in_words_is_an_answer_without_text_that_is_paid():
    choice = {"index": 0, "message": {"content": None, "refusal": "I will not."}, "finish_reason": "stop"}
    body = json.dumps({"choices": [choice], "usage": USAGE}).encode()
    (answer,) = read_completion(REQUEST, [0], body)
    assert (answer.text, answer.problem_class, answer.final) == (None, "content", True)
    assert "I will not." in answer.problem
    assert (answer.tokens, answer.prompt_tokens) == (11, 40)
