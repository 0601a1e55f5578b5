"""The rounds of one question with a made-up language model and reviewer."""

from collections import Counter
from concurrent.futures import Future

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.chat.answers import Answer
from vpd.errors import EndpointError
from vpd.execution.program import Program, canonical
from vpd.review.finding import Finding
from vpd.review.reviewer import Review
from vpd.sampling.drafts import Drafting
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig, Writer

ASKED = Asked("How many dogs are there?", ("1", "2"))
ONE, TWO = Writer(model="one", candidates=3), Writer(model="two", candidates=2)


class Model:
    """Gives its texts in the order asked; `starts` says which requests came: model, temperature, samples."""

    def __init__(self, *texts):
        self._texts = list(texts)
        self.starts = []
        self.requests = []

    def start(self, writer, request, samples):
        self.starts.append((writer.model, request.payload["temperature"], tuple(samples)))
        self.requests.append(request)
        future = Future()
        future.set_result([self._answer(request, sample) for sample in samples])
        return future

    def _answer(self, request, sample):
        text = self._texts.pop(0)
        problem = None if text else "length"
        return Answer(
            request.key, sample, text, problem, problem and "content", "stop", None, 9, 5, 0, "live"
        )


class Judge:
    """Reads "A" as a clean program of sense A, "bad A" as a wrong one, and "(" as no program."""

    version = "made up"

    def __init__(self):
        self.asked = []

    def review(self, question, texts, choices=()):
        self.asked.append((question, tuple(texts), tuple(choices)))
        return [self._review(text) for text in texts]

    def _review(self, text):
        if text == "(":
            return Review(None, Finding("syntax", "no program"), None)
        program = canonical(f"def execute_command(image):\n    return image.{text.replace(' ', '_')}")
        assert isinstance(program, Program)
        bad, _, _ = text.rpartition(" ")
        finding = Finding("names", f"{text} is wrong", 2) if bad else None
        return Review(program, finding, text.split()[-1])


def write(*texts, judge=None, asked=ASKED, **config):
    """Return all drafts, and the model that wrote them."""
    model = Model(*texts)
    settings = SamplingConfig(**{"writers": (ONE,), "examples": 0, **config})
    drafts = Drafting(settings, model.start, judge or Judge()).write(asked)
    return drafts, model


def standing(drafts):
    """The texts and rounds that stand, by place."""
    found = sorted((d for d in drafts if d.stands), key=lambda d: d.place)
    assert [d.place for d in found] == list(range(len(found)))
    return [(d.answer.text, d.round) for d in found]


def test_drafts_clean_answers_are_asked_for_once():
    drafts, model = write("A", "B", "A", resample=0)
    assert standing(drafts) == [("A", "first"), ("B", "first"), ("A", "first")]
    assert model.starts == [("one", 0.5, (0, 1, 2))]


def test_drafts_bad_program_is_replaced_by_its_clean_repair_and_kept():
    drafts, model = write("A", "bad A", "C", "B")
    assert standing(drafts) == [("A", "first"), ("B", "repair"), ("C", "first")]
    assert [(d.place, d.answer.text) for d in drafts if not d.stands] == [(1, "bad A")]
    assert model.starts[1:] == [("one", 0.5, (0,))]
    told = model.requests[1].payload["messages"]
    assert told[-2]["content"] == "bad A"
    assert "bad A is wrong" in told[-1]["content"]


def test_drafts_bad_repair_does_not_stand_and_is_kept():
    drafts, _ = write("A", "bad A", "C", "bad B")
    assert standing(drafts) == [("A", "first"), ("bad A", "first"), ("C", "first")]
    assert [(d.place, d.round, d.answer.text) for d in drafts if not d.stands] == [(1, "repair", "bad B")]


def test_drafts_equal_bad_programs_are_repaired_in_one_request():
    drafts, model = write("bad A", "bad B", "bad A", "C", "D", "E")
    assert model.starts[1:] == [("one", 0.5, (0, 1)), ("one", 0.5, (0,))]
    assert [text for text, _ in standing(drafts)] == ["C", "E", "D"]


def test_drafts_text_that_is_no_program_is_repaired_and_no_text_is_not():
    drafts, model = write("(", None, "A", "B")
    assert model.starts[1:] == [("one", 0.5, (0,))]
    assert standing(drafts) == [("B", "repair"), (None, "first"), ("A", "first")]


def test_drafts_without_repair_asks_once():
    drafts, model = write("bad A", "(", "C", repair=False)
    assert len(model.starts) == 1
    assert len(standing(drafts)) == 3


def test_drafts_resample_is_for_bad_ones_and_doubles_at_the_higher_temperature():
    texts = ("A", "A", "bad C", "bad C", "B", "D")  # a repair between
    drafts, model = write(*texts, resample=5, resample_temperature=1.5)
    assert model.starts == [("one", 0.5, (0, 1, 2)), ("one", 0.5, (0,)), ("one", 1.5, (0, 1))]
    assert standing(drafts) == [("A", "first"), ("B", "resample"), ("D", "resample")]


def test_drafts_resample_only_up_to_the_budget():
    drafts, model = write("A", "A", "A", "B", resample=1)
    assert model.starts[1:] == [("one", 1.0, (0,))]
    assert standing(drafts) == [("A", "first"), ("B", "resample"), ("A", "first")]


@pytest.mark.parametrize("again", ["A", "bad B", "(", None])
def test_drafts_resampled_candidate_stands_only_if_clean_and_new(again):
    drafts, _ = write("A", "A", "C", again, resample=1)
    assert standing(drafts) == [("A", "first"), ("A", "first"), ("C", "first")]
    assert [(d.answer.text, d.round) for d in drafts if not d.stands] == [(again, "resample")]


def test_drafts_of_two_equal_resampled_ones_the_first_stands():
    drafts, _ = write("A", "A", "A", "B", "B", resample=2)
    assert standing(drafts) == [("A", "first"), ("B", "resample"), ("A", "first")]


def test_drafts_resampling_at_the_same_temperature_is_refused():
    with pytest.raises(ValueError, match="resample_temperature"):
        SamplingConfig(resample=1, temperature=1.0)
    assert SamplingConfig(resample=0, temperature=1.0).resample_temperature == 1.0


def test_drafts_nothing_wanting_resamples_nothing():
    _, model = write("A", "B", "C", resample=5)
    assert len(model.starts) == 1


def test_drafts_two_writers_share_the_places_and_each_mends_its_own():
    texts = ("A", "bad A", "B", "bad A", "A", "C", "D", "E")
    drafts, model = write(*texts, writers=(ONE, TWO), resample=5)
    assert model.starts == [
        ("one", 0.5, (0, 1, 2)),
        ("two", 0.5, (0, 1)),
        ("one", 0.5, (0,)),
        ("two", 0.5, (0,)),
        ("two", 1.0, (0,)),
    ]
    assert [text for text, _ in standing(drafts)] == ["A", "C", "B", "D", "E"]
    assert [d.writer.model for d in sorted(drafts, key=lambda d: d.place) if d.stands] == ["one"] * 3 + [
        "two"
    ] * 2
    assert {r.payload["model"] for r in model.requests} == {"one", "two"}


def test_drafts_reviewer_sees_each_text_once_with_question_and_choices():
    judge = Judge()
    write("A", "A", None, judge=judge)
    assert judge.asked[0] == (ASKED.text, ("A",), ASKED.choices)


def test_drafts_program_copied_from_an_example_is_repaired():
    asked = Asked("Is there a sphere right of the cube?")

    class Reader(Judge):
        def _review(self, text):
            program = canonical(f"def execute_command(image):\n    return image.find({text!r})")
            return Review(program, None, text)

    drafts, model = write("brown cube", "cube", "sphere", "big cube", judge=Reader(), asked=asked, examples=6)
    assert [d.finding and (d.finding.kind, d.finding.line) for d in drafts[:3]] == [("copied", 2), None, None]
    assert "brown" in model.requests[1].payload["messages"][-1]["content"]
    assert standing(drafts)[0] == ("big cube", "repair")
    chosen, _ = write(
        "brown cube", "cube", "sphere", judge=Reader(), asked=Asked(asked.text, ("brown", "red")), examples=6
    )
    assert all(d.clean for d in chosen)


def test_drafts_endpoint_that_fails_raises():
    def start(writer, request, samples):
        future = Future()
        future.set_exception(EndpointError("nobody there"))
        return future

    with pytest.raises(EndpointError, match="nobody there"):
        Drafting(SamplingConfig(), start, Judge()).write(ASKED)


TEXTS = st.sampled_from(["A", "B", "C", "D", "bad A", "bad B", "bad C", "(", None])


@given(
    texts=st.lists(TEXTS, min_size=40, max_size=40),
    candidates=st.lists(st.integers(1, 5), min_size=1, max_size=3),
    repair=st.booleans(),
    resample=st.integers(0, 6),
)
def test_drafts_any_answers_leave_one_standing_a_place_and_lose_none(texts, candidates, repair, resample):
    writers = tuple(Writer(model=str(i), candidates=k) for i, k in enumerate(candidates))
    drafts, model = write(*texts, writers=writers, repair=repair, resample=resample)
    first = {d.place: d for d in drafts if d.round == "first"}
    last = {d.place: d for d in drafts if d.stands}
    assert len(first) == sum(candidates) == sum(d.stands for d in drafts)
    standing(drafts)
    asked = sum(len(samples) for _, _, samples in model.starts)
    assert len(drafts) == asked == len({(d.request.key, d.answer.sample) for d in drafts})
    assert [d.answer.text for d in drafts if d.round == "first"] == texts[: len(first)]
    rounds = Counter((d.place, d.round) for d in drafts)
    assert set(rounds.values()) == {1}
    assert sum(d.round == "resample" for d in drafts) <= resample
    repaired = {d.place for d in drafts if d.round == "repair"}
    wrong = {p for p, d in first.items() if d.finding is not None and d.answer.text is not None}
    assert repaired == (wrong if repair else set())
    for place, draft in last.items():
        assert draft.writer == first[place].writer
        assert draft.round == "first" or draft.clean
        assert draft.clean or not any(d.clean for d in drafts if d.place == place and d.round != "resample")
        if draft.round == "resample":
            assert draft.sense not in {d.sense for p, d in last.items() if p != place}
    for draft in drafts:
        if draft.round == "resample" and draft.clean and not draft.stands:
            assert draft.sense in {d.sense for d in drafts if d.place != draft.place or d.round != "resample"}
