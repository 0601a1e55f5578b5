"""Batch files: their lines, their limits, and the names that lead from a result back to its request."""

import json
import string
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.chat.batch import custom_id, read_custom_id, write_batch
from vpd.chat.request import Request
from vpd.errors import DataError


def chat(question: str, model: str = "m") -> Request:
    return Request.of(question, {"model": model, "messages": [{"role": "user", "content": question}]})


CHAT = chat("Is there a dog?")
RAW = Request.of("Is there a cat?", {"model": "m", "prompt": "# Is there a cat?", "max_tokens": 9})
sample_lists = st.lists(st.integers(0, 63), min_size=1, max_size=64, unique=True)


def lines_of(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_batch_line_carries_the_payload_and_the_number_of_choices(tmp_path):
    [path] = write_batch([(CHAT, [0, 1, 4])], tmp_path)
    [line] = lines_of(path)
    assert line["body"] == {**CHAT.payload, "n": 3}
    assert (line["method"], line["url"]) == ("POST", "/v1/chat/completions")


def test_batch_raw_requests_go_to_the_endpoint_for_raw_prompts_in_a_file_of_their_own(tmp_path):
    talk, raw = write_batch([(CHAT, [0]), (RAW, [0]), (CHAT, [1])], tmp_path)
    assert [line["url"] for line in lines_of(talk)] == ["/v1/chat/completions"] * 2
    assert [line["url"] for line in lines_of(raw)] == ["/v1/completions"]


def test_batch_each_model_has_a_file_of_its_own(tmp_path):
    requests = [chat("Is there a dog?", model) for model in "aba"]
    files = write_batch([(r, [i]) for i, r in enumerate(requests)], tmp_path)
    assert [{line["body"]["model"] for line in lines_of(file)} for file in files] == [{"a"}, {"b"}]


def test_batch_same_requests_again_give_the_same_files(tmp_path):
    first = write_batch([(CHAT, [0, 1]), (RAW, [0])], tmp_path)
    again = write_batch([(CHAT, [0, 1]), (RAW, [0])], tmp_path)
    assert first == again
    assert sorted(tmp_path.iterdir()) == sorted(first)


def test_batch_a_request_that_comes_twice_or_wants_nothing_is_not_asked(tmp_path):
    [path] = write_batch([(CHAT, [0]), (CHAT, [0]), (RAW, [])], tmp_path)
    assert len(lines_of(path)) == 1
    assert write_batch([], tmp_path) == []


def test_batch_line_longer_than_a_file_may_be_is_refused_by_name(tmp_path):
    with pytest.raises(DataError, match="Is there a dog"):
        write_batch([(CHAT, [0])], tmp_path, most_bytes=100)


@settings(max_examples=30)
@given(
    lengths=st.lists(st.integers(0, 300), max_size=30),
    most_requests=st.integers(1, 9),
    most_bytes=st.integers(700, 2000),
)
def test_batch_files_keep_every_line_in_order_within_the_limits(lengths, most_requests, most_bytes):
    asked = [(Request.of("q", {"model": "m", "i": i, "x": "x" * n}), [0]) for i, n in enumerate(lengths)]
    with tempfile.TemporaryDirectory() as folder:
        files = write_batch(asked, Path(folder), most_requests, most_bytes)
        assert [line["body"]["i"] for file in files for line in lines_of(file)] == list(range(len(lengths)))
        assert all(0 < len(lines_of(file)) <= most_requests for file in files)
        assert all(file.stat().st_size <= most_bytes for file in files)


@given(sample_lists)
def test_batch_name_of_a_line_leads_back_to_its_request(samples):
    name = custom_id(CHAT.key, samples)
    assert read_custom_id(name) == (CHAT.key, sorted(samples))
    assert len(name) <= 512


@given(st.text(string.hexdigits + ":-,") | st.integers() | st.none())
def test_batch_name_that_is_none_of_ours_is_no_request(name):
    assert read_custom_id(name) is None
