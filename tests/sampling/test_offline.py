"""Requests found without asking are those that a run would have sent."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sampling.written import ASKED, BAD, GOOD
from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.request import Request
from vpd.execution.program import Program, canonical
from vpd.review.finding import Finding
from vpd.review.reviewer import Review
from vpd.sampling.drafts import Drafting
from vpd.sampling.offline import Kept, Missing, missing_requests
from vpd.sampling.record import EMPTY, Record
from vpd.sampling.request import SamplingConfig, Writer

TEXTS = (*(GOOD.format(shape) for shape in ("cube", "ball")), BAD, None)
Writes = Callable[[Request, int], str | None]


class WordReviewer:
    """Finds fault with every program that says "nonsense"."""

    version = "words"

    def review(self, question: str, texts: Sequence[str], choices: Sequence[str] = ()) -> list[Review]:
        return [self._review(text) for text in texts]

    def _review(self, text: str) -> Review:
        program = canonical(text)
        assert isinstance(program, Program)
        bad = "nonsense" in text
        return Review(program, Finding("names", "nonsense", 2) if bad else None, None if bad else text)


def answer(request: Request, sample: int, text: str | None) -> Answer:
    problem = None if text else "no text (length)"
    kind = None if text else "content"
    return Answer(request.key, sample, text, problem, kind, "stop", None, 5, 0, 0, "live")


def live(config: SamplingConfig, writes: Writes) -> dict[str, set[int]]:
    """The samples that a run with a live model asks for, by request key."""
    asked: dict[str, set[int]] = {}

    def start(writer: Writer, request: Request, samples: Sequence[int]) -> Future[list[Answer]]:
        asked.setdefault(request.key, set()).update(samples)
        future: Future[list[Answer]] = Future()
        future.set_result([answer(request, sample, writes(request, sample)) for sample in samples])
        return future

    for one in ASKED:
        Drafting(config, start, WordReviewer()).write(one)
    return asked


def next_round(config: SamplingConfig, kept: Kept) -> list[Missing]:
    return list(missing_requests(config, kept, WordReviewer(), ASKED))


@settings(max_examples=12)  # each takes half a second
@given(st.data(), st.booleans(), st.integers(0, 2))
def test_offline_rounds_ask_what_a_live_run_asks_and_then_nothing(data, repair, resample):
    texts: dict[tuple[str, int], str | None] = {}

    def writes(request: Request, sample: int) -> str | None:
        place = request.key, sample
        if place not in texts:
            texts[place] = data.draw(st.sampled_from(TEXTS))
        return texts[place]

    writers = (Writer(model="a", candidates=2), Writer(model="b", candidates=1))
    config = SamplingConfig(writers=writers, repair=repair, resample=resample)
    asked: dict[str, set[int]] = {}
    with TemporaryDirectory() as folder, closing(AnswerCache(Path(folder) / "answers.sqlite")) as cache:
        kept = Kept(cache, EMPTY)
        rounds = 0
        while missing := next_round(config, kept):
            rounds += 1
            for one in missing:
                assert not asked.get(one.request.key, set()) & set(one.samples)
                asked.setdefault(one.request.key, set()).update(one.samples)
                cache.put(answer(one.request, s, writes(one.request, s)) for s in one.samples)
        assert rounds <= 1 + repair + (resample > 0)
    assert asked == live(config, writes)


@pytest.fixture
def cache(tmp_path):
    with closing(AnswerCache(tmp_path / "answers.sqlite")) as opened:
        yield opened


def test_offline_first_round_leaves_out_what_cache_and_record_have(cache):
    config = SamplingConfig(writers=(Writer(model="a", candidates=3),))
    first = next_round(config, Kept(cache, EMPTY))[0]
    cache.put([answer(first.request, 0, TEXTS[0])])
    recorded = {(first.request.key, 2): answer(first.request, 2, TEXTS[1])}
    rest = next_round(config, Kept(cache, Record({}, recorded)))
    assert [one.samples for one in rest] == [(1,), (0, 1, 2), (0, 1, 2), (0, 1, 2)]


def test_offline_failed_answers_are_asked_for_again(cache):
    config = SamplingConfig(writers=(Writer(model="a", candidates=1),))
    missing = next_round(config, Kept(cache, EMPTY))
    down = [Answer(m.request.key, 0, None, "down", "provider", None, None, 0, 0, 0, "live") for m in missing]
    cache.put(down)
    assert next_round(config, Kept(cache, EMPTY)) == missing
