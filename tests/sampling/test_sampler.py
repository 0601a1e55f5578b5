import pytest

from vpd.chat.answers import Answer, AnswerCache
from vpd.errors import EndpointError
from vpd.sampling.record import EMPTY, Record
from vpd.sampling.request import SamplingConfig, build_request
from vpd.sampling.sampler import Sampler, open_sampler
from vpd.settings import load_settings

CONFIG = SamplingConfig(candidates=3)


class FakeEndpoint:
    """Answers with the question and sample; stops answering after `working` requests."""

    def __init__(self, working=1000):
        self.asked: list[tuple[str, tuple[int, ...]]] = []
        self.working = working

    def complete(self, request, samples):
        self.asked.append((request.question, tuple(samples)))
        if len(self.asked) > self.working:
            return [Answer(request.key, s, None, "down", "provider", None, None, 0, "live") for s in samples]
        return [
            Answer(request.key, s, f"{request.question} {s}", None, None, "stop", -1.0, 5, "live")
            for s in samples
        ]


@pytest.fixture
def cache(tmp_path):
    opened = AnswerCache(tmp_path / "answers.sqlite")
    yield opened
    opened.close()


def run(sampler, texts):
    return {request.question: [a.text for a in answers] for request, answers in sampler.sample(texts)}


def test_sampler_repeated_texts_are_asked_once(cache):
    endpoint = FakeEndpoint()
    found = run(Sampler(CONFIG, cache, lambda: endpoint), ["a?", "b?", "a?"])
    assert found == {"a?": ["a? 0", "a? 1", "a? 2"], "b?": ["b? 0", "b? 1", "b? 2"]}
    assert endpoint.asked == [("a?", (0, 1, 2)), ("b?", (0, 1, 2))]


def test_sampler_second_run_asks_nothing_and_connects_to_nobody(cache):
    run(Sampler(CONFIG, cache, FakeEndpoint), ["a?"])

    def nobody():
        raise AssertionError("connected")

    assert run(Sampler(CONFIG, cache, nobody), ["a?"]) == {"a?": ["a? 0", "a? 1", "a? 2"]}


def test_sampler_more_candidates_asks_only_the_new_ones(cache):
    run(Sampler(CONFIG, cache, FakeEndpoint), ["a?"])
    endpoint = FakeEndpoint()
    run(Sampler(SamplingConfig(candidates=5), cache, lambda: endpoint), ["a?"])
    assert endpoint.asked == [("a?", (3, 4))]


def test_sampler_recorded_answers_come_before_the_live_model(cache):
    key = build_request(CONFIG, "a?").key
    recorded = Answer(key, 1, "from record", None, None, "stop", None, 1, "record")
    endpoint = FakeEndpoint()
    sampler = Sampler(CONFIG, cache, lambda: endpoint, Record({}, {(key, 1): recorded}))
    assert run(sampler, ["a?"]) == {"a?": ["a? 0", "from record", "a? 2"]}
    assert endpoint.asked == [("a?", (0, 2))]
    assert sampler.sources == {"record": 1, "live": 2, "cache": 0}


@pytest.mark.parametrize("working", range(4))
def test_sampler_stopped_anywhere_goes_on_without_asking_twice(cache, working):
    texts = ["a?", "b?", "c?", "d?"]
    first = FakeEndpoint(working)
    with pytest.raises(EndpointError, match="run again"):
        run(Sampler(CONFIG, cache, lambda: first, EMPTY), texts)
    second = FakeEndpoint()
    found = run(Sampler(CONFIG, cache, lambda: second, EMPTY), texts)
    assert [q for q, _ in second.asked] == texts[working:]
    assert found["d?"] == ["d? 0", "d? 1", "d? 2"]


def test_sampler_runtime_settings_are_no_part_of_the_key():
    changed = SamplingConfig(temperature=0.7)
    assert build_request(CONFIG, "a?").key == build_request(SamplingConfig(candidates=9), "a?").key
    assert build_request(CONFIG, "a?").key != build_request(changed, "a?").key


def test_sampler_unreachable_endpoint_says_what_to_do(tmp_path):
    settings = load_settings(
        {"VPD_HOME": str(tmp_path), "VPD_LLM_URL": "http://127.0.0.1:9/v1", "VPD_LLM_MODEL": "m"}
    )
    with open_sampler(settings) as sampler, pytest.raises(EndpointError, match="VPD_LLM_URL"):
        run(sampler, ["a?"])
