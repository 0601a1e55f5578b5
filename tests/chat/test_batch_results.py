"""Results of batches become kept answers, whatever a line is worth."""

import json

import pytest

from tests.chat_server import answers
from vpd.chat.answers import AnswerCache
from vpd.chat.batch import custom_id
from vpd.chat.batch_results import IngestReport, ingest_batch

KEY, OTHER = "a" * 64, "b" * 64


@pytest.fixture
def cache(tmp_path):
    opened = AnswerCache(tmp_path / "answers.sqlite")
    yield opened
    opened.close()


def result(status: int = 200, body: object = None, key: str = KEY, samples: tuple[int, ...] = (0,)) -> bytes:
    response = {"status_code": status, "request_id": "r", "body": body}
    return json.dumps({"custom_id": custom_id(key, samples), "response": response, "error": None}).encode()


def answered(*texts: str | None, key: str = KEY, samples: tuple[int, ...] = (0,)) -> bytes:
    return result(body=json.loads(answers(*texts)[2]), key=key, samples=samples)


def problems(cache: AnswerCache, key: str = KEY) -> dict[int, str | None]:
    """The class of every kept problem; errors worth another try are not among them."""
    return {sample: answer.problem_class for sample, answer in cache.get(key).items()}


def test_ingest_answers_are_kept_under_their_samples(cache):
    assert ingest_batch([answered("x", "y", samples=(1, 3))], cache) == IngestReport(2, 0, 0)
    kept = cache.get(KEY)
    assert {sample: answer.text for sample, answer in kept.items()} == {1: "x", 3: "y"}
    assert kept[1].logprob == -1.0


@pytest.mark.parametrize("status", [400, 413, 422])
def test_ingest_refused_request_is_final(cache, status):
    assert ingest_batch([result(status, {"error": {"message": "too long"}})], cache) == IngestReport(0, 1, 0)
    assert problems(cache) == {0: "request"}
    assert "too long" in cache.get(KEY)[0].problem


@pytest.mark.parametrize("status", [0, 401, 402, 403, 404, 408, 429, 500, 503])
def test_ingest_failure_that_is_not_the_requests_fault_is_asked_again(cache, status):
    assert ingest_batch([result(status, {})], cache) == IngestReport(0, 1, 0)
    assert problems(cache) == {}


@pytest.mark.parametrize(
    "line",
    [
        {"response": None, "error": {"code": "batch_expired", "message": "over"}},
        {"response": None, "error": None},
        {"response": {"status_code": "200", "body": {}}},
        {"response": {"status_code": 200, "body": None}},
        {"response": {"status_code": 200, "body": {"choices": []}}},
        {"response": {"status_code": 200, "body": {"choices": [{"index": 0, "message": {}}]}}},
        {"response": {"status_code": 200, "body": {"choices": [{"index": 0, "text": "half \ud83d"}]}}},
        {"response": [], "error": 7},
        {},
    ],
)  # fmt: skip
def test_ingest_half_an_answer_is_asked_again(cache, line):
    lines = [json.dumps({"custom_id": custom_id(KEY, [0, 1]), **line}).encode(), answered("x", key=OTHER)]
    assert ingest_batch(lines, cache) == IngestReport(1, 2, 0)
    assert problems(cache) == {}
    assert cache.get(OTHER)[0].text == "x"


@pytest.mark.parametrize(
    "line",
    [b"{half", b"[]", b"7", b"\xff\xfe", b"[" * 100_000, b'{"custom_id": "mine"}', b'{"custom_id": 3}'],
)
def test_ingest_line_of_no_request_is_counted_and_loses_no_other(cache, line):
    assert ingest_batch([line, b"\n", answered("x")], cache) == IngestReport(1, 0, 1)
    assert cache.get(KEY)[0].text == "x"


def test_ingest_fewer_choices_than_asked_leaves_the_rest_to_ask(cache):
    assert ingest_batch([answered("x", samples=(0, 1, 2))], cache) == IngestReport(1, 2, 0)
    assert problems(cache) == {0: None}


def test_ingest_twice_changes_nothing(cache):
    lines = [answered("x"), result(400, {}, key=OTHER), result(500, {}, samples=(7,))]
    first = ingest_batch(lines, cache)
    kept = cache.get(KEY), cache.get(OTHER)
    assert ingest_batch([answered("another"), *lines], cache).unknown == 0
    assert (cache.get(KEY), cache.get(OTHER)) == kept
    assert ingest_batch(lines, cache) == first


def test_ingest_more_answers_than_a_transaction_holds_are_all_kept(cache):
    keys = [f"{i:064x}" for i in range(2300)]
    assert ingest_batch((answered("x", key=key) for key in keys), cache) == IngestReport(2300, 0, 0)
    assert all(cache.get(key)[0].text == "x" for key in keys[::100])
