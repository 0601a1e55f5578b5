"""The sampler with real cache, askers and reviewer: what is asked, what is not asked again."""

import itertools
from dataclasses import replace

import pytest

from tests.chat_server import ChatServer, answers, fails, question_of
from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.price import Price
from vpd.errors import EndpointError, SpendingCeilingError
from vpd.sampling.prompt import Asked, shown_examples
from vpd.sampling.record import Record
from vpd.sampling.request import Writer, build_request
from vpd.sampling.sampler import open_sampler
from vpd.settings import load_settings
from vpd.tools import toolset
from vpd.tools.toolset import SCENES

COLORS, SHAPES = ("red", "blue", "green", "yellow"), ("cube", "sphere", "cylinder")
COUNTS = [Asked(f"How many {c} {s}s are there?") for c in COLORS for s in SHAPES]
FORMS = ("How many {}s are there?", "How many {}s are behind the cone?", "How many {}s are not gray?")
MIXED = [Asked(form.format(f"{c} {s}")) for c in COLORS for s in SHAPES for form in FORMS]
DEAD = "http://127.0.0.1:9/v1"
PRICE = Price(input=0, output=1e6)  # a dollar a token


def count(name, more=0):
    return f'def execute_command(image):\n    return str(len(ImagePatch(image).find("{name}")) + {more})'


def counts(payload):
    """Write right and different programs; each takes ten tokens."""
    _, color, shape = next(
        (c in q and s in q, c, s)
        for q in [" ".join(str(m["content"]) for m in payload["messages"][-3:])]
        for c, s in itertools.product(COLORS, SHAPES)
        if f"{c} {s}" in q
    )
    texts = [count(f"{color} {shape}", i) for i in range(payload["n"])]
    return answers(
        *texts, logprobs=(-0.1,) * 10, usage={"prompt_tokens": 50, "completion_tokens": 10 * len(texts)}
    )


@pytest.fixture
def server(server: ChatServer) -> ChatServer:
    server.behaviour = counts
    return server


def run(sampler, questions):
    """The texts that stand, by question and place."""
    return {
        asked: [d.answer.text for d in sorted(drafts, key=lambda d: d.place) if d.stands]
        for asked, drafts in sampler.sample(questions)
    }


def test_sampler_text_is_asked_once_however_often_it_occurs(server, open_on):
    with open_on() as sampler:
        given = list(sampler.sample([*COUNTS[:3], *COUNTS[:3], COUNTS[0]]))
        found = run(sampler, COUNTS[:3])
    assert len(given) == 3
    assert found == {
        a: [count(f"red {s}", i) for i in range(3)] for a, s in zip(COUNTS[:3], SHAPES, strict=True)
    }
    assert set(server.asked.values()) == {1}
    assert set(server.samples_asked.values()) == {3}


def test_sampler_question_of_a_second_shard_is_reviewed_once(open_on, reviewer, monkeypatch):
    reviewed = []
    review = reviewer.review
    monkeypatch.setattr(reviewer, "review", lambda text, *rest: reviewed.append(text) or review(text, *rest))
    questions = [Asked("How many red cubes are there?"), Asked("How many blue cubes are there?")]
    with open_on(repair=False) as sampler:
        first = run(sampler, questions)
        assert run(sampler, questions[:1]) == {questions[0]: first[questions[0]]}
    assert sorted(reviewed) == sorted(asked.text for asked in questions)


def test_sampler_second_run_asks_nothing_and_connects_to_nobody(server, open_on):
    with open_on() as sampler:
        first = run(sampler, COUNTS)
    with open_on(url=DEAD) as sampler:
        assert run(sampler, COUNTS) == first
        assert sampler.tally.from_cache == 3 * len(COUNTS)
        assert sampler.tally.live.asked == 0
    assert len(server.payloads) == len(COUNTS)


def test_sampler_more_candidates_asks_only_the_new_ones(server, open_on):
    with open_on() as sampler:
        run(sampler, COUNTS[:1])
    with open_on(writers=(Writer(model="m", candidates=5),)) as sampler:
        run(sampler, COUNTS[:1])
    assert [payload["n"] for payload in server.payloads] == [3, 2]


def test_sampler_recorded_answers_come_before_the_live_model_and_are_kept(server, open_on, cache_file):
    with open_on() as sampler:
        writer = sampler.config.writers[0]
        key = build_request(sampler.config, writer, COUNTS[0]).key
    text = count("recorded cube").replace("recorded", "red")
    recorded = Answer(key, 1, text, None, None, "stop", None, 9, 0, 0, "record")
    with open_on(record=Record({}, {(key, 1): recorded})) as sampler:
        found = run(sampler, COUNTS[:1])
        tally = sampler.tally
    assert found[COUNTS[0]][1] == text
    assert (tally.from_record, tally.from_cache, tally.live.answered) == (1, 0, 2)
    assert [payload["n"] for payload in server.payloads] == [2]
    with open_on(record=Record({}, {(key, 1): recorded}), url=DEAD) as sampler:
        assert run(sampler, COUNTS[:1]) == found
        assert (sampler.tally.from_record, sampler.tally.from_cache) == (0, 3)
    cache = AnswerCache(cache_file)
    assert cache.get(key)[1] == recorded
    cache.close()


def test_sampler_whole_record_asks_nobody(server, open_on):
    with open_on() as sampler:
        first = dict(sampler.sample(COUNTS))
    kept = [d.answer for drafts in first.values() for d in drafts]
    record = Record({}, {(a.key, a.sample): replace(a, origin="record") for a in kept})
    with open_on(url=DEAD, record=record, concurrency=2) as sampler:
        again = {a: [d.answer.text for d in drafts] for a, drafts in sampler.sample(COUNTS)}
    assert again == {a: [d.answer.text for d in drafts] for a, drafts in first.items()}


def test_sampler_questions_that_show_the_same_examples_are_asked_one_after_another(server, open_on):
    with open_on(concurrency=1, repair=False) as sampler:
        found = [asked for asked, _ in sampler.sample(MIXED)]
    shown = [str(payload["messages"][:-1]) for payload in server.payloads]
    groups = [name for name, _ in itertools.groupby(shown)]
    assert len(groups) == len(set(shown)) < len(MIXED) / 2
    assert sorted(MIXED) != found
    assert sorted(found) == sorted(MIXED)


def test_sampler_order_does_not_depend_on_the_order_of_the_questions_or_concurrency(server, open_on):
    orders = []
    for questions, concurrency in ((COUNTS, 1), (COUNTS[::-1], 8)):
        with open_on(concurrency=concurrency) as sampler:
            orders.append([asked for asked, _ in sampler.sample(questions)])
    assert orders[0] == orders[1]


def test_sampler_choices_make_different_questions(server, open_on):
    text = "What is behind the red cube?"
    questions = [
        Asked(text),
        Asked(text, ("a red sphere", "a cone")),
        Asked(text, ("a red sphere", "a cube")),
    ]
    with open_on() as sampler:
        found = run(sampler, questions)
    assert set(found) == set(questions)
    first = [question_of(p) for p in server.payloads if text in question_of(p)]
    assert len(set(first)) == len(first) == 3


def test_sampler_bad_program_goes_back_with_what_is_wrong(server, open_on):
    def behaviour(payload):
        if len(payload["messages"]) % 2 == 0 and question_of(payload) == f"{COUNTS[0].text} [a number]":
            return answers(
                "def execute_command(image):\n    return image.nonsense()", *[count("red cube")] * 2
            )
        return counts(payload)

    server.behaviour = behaviour
    with open_on() as sampler:
        [(_, drafts)] = sampler.sample(COUNTS[:1])
    [bad] = [d for d in drafts if not d.stands]
    assert (bad.place, bad.finding.kind) == (0, "names")
    assert "nonsense" in question_of(server.payloads[1])
    assert [d.round for d in sorted(drafts, key=lambda d: d.place) if d.stands] == [
        "repair",
        "first",
        "first",
    ]
    with open_on(url=DEAD) as sampler:
        assert list(sampler.sample(COUNTS[:1])) == [(COUNTS[0], drafts)]


def test_sampler_failure_on_one_question_keeps_all_others_and_names_it(server, open_on):
    lost = COUNTS[5]

    def behaviour(payload):
        return fails(503)(payload) if lost.text in question_of(payload) else counts(payload)

    server.behaviour = behaviour
    with open_on() as sampler, pytest.raises(EndpointError) as raised:
        run(sampler, COUNTS)
    assert lost.text in str(raised.value)
    assert f"1 of {len(COUNTS)}" in str(raised.value)
    assert len(server.asked) == len(COUNTS)
    server.payloads.clear()
    server.behaviour = counts
    with open_on() as sampler:
        assert len(run(sampler, COUNTS)) == len(COUNTS)
    assert [question_of(p) for p in server.payloads] == [f"{lost.text} [a number]"]


@pytest.mark.parametrize("working", [0, 1, 4, 11])
def test_sampler_endpoint_that_breaks_anywhere_goes_on_without_asking_twice(server, open_on, working):
    server.script = [counts] * working
    server.behaviour = fails(401)
    with open_on(concurrency=1) as sampler, pytest.raises(EndpointError, match="run again"):
        run(sampler, COUNTS)
    assert len(server.payloads) == working + 1
    server.payloads.clear()
    server.behaviour = counts
    with open_on() as sampler:
        assert len(run(sampler, COUNTS)) == len(COUNTS)
    assert len(server.payloads) == len(COUNTS) - working


def test_sampler_refused_request_is_data_and_not_asked_again(server, open_on):
    server.script = [fails(400, b"too long")]
    with open_on(concurrency=1) as sampler:
        found = run(sampler, COUNTS)
    assert [texts for texts in found.values() if None in texts] == [[None] * 3]
    with open_on(url=DEAD) as sampler:
        assert run(sampler, COUNTS) == found


def test_sampler_change_of_runtime_settings_asks_nothing_again(server, open_on):
    with open_on(concurrency=2) as sampler:
        first, identity = run(sampler, COUNTS), sampler.identity()
    moved = ChatServer()
    with open_on(url=moved.url, concurrency=7, price=PRICE, ceiling=0.5) as sampler:
        assert run(sampler, COUNTS) == first
        assert sampler.identity() == identity
    moved.close()
    assert len(moved.payloads) == 0


@pytest.mark.parametrize(
    "changed", [{"temperature": 0.6}, {"top_p": 0.9}, {"max_tokens": 99}, {"seed": 1}, {"examples": 2}]
)
def test_sampler_change_of_sampling_settings_asks_again(server, open_on, changed):
    with open_on() as sampler:
        run(sampler, COUNTS[:2])
        identity = sampler.identity()
    with open_on(**changed) as sampler:
        run(sampler, COUNTS[:2])
        assert sampler.identity() != identity
    assert len(server.payloads) == 4


def test_sampler_edited_example_asks_again_only_the_questions_that_show_it(server, open_on, monkeypatch):
    shown = {asked: shown_examples(asked, "scenes", 3) for asked in MIXED}
    edited = next(e for e in shown[MIXED[0]] if any(e not in examples for examples in shown.values()))
    affected = {asked for asked, examples in shown.items() if edited in examples}
    with open_on(repair=False) as sampler:
        run(sampler, MIXED)
        identity = sampler.identity()
    better = replace(edited, program=edited.program.replace("image_patch", "picture_patch"))
    examples = tuple(better if e == edited else e for e in SCENES.examples)
    monkeypatch.setitem(toolset._KNOWN, "scenes", replace(SCENES, examples=examples))
    server.payloads.clear()
    with open_on(repair=False) as sampler:
        run(sampler, MIXED)
        assert sampler.identity() != identity
    asked = {next(a for a in MIXED if question_of(p).startswith(a.text)) for p in server.payloads}
    assert asked == affected
    assert len(server.payloads) == len(affected)


def test_sampler_ceiling_stops_and_the_next_run_goes_on(server, open_on):
    most = {"max_tokens": 20, "price": PRICE}
    with open_on(ceiling=200, **most) as sampler, pytest.raises(SpendingCeilingError):
        run(sampler, COUNTS)
    assert 0 < sampler.tally.cost <= 200
    paid = len(server.payloads)
    assert sampler.tally.cost == 30 * paid < 30 * len(COUNTS)
    with open_on(ceiling=2000, **most) as sampler:
        assert len(run(sampler, COUNTS)) == len(COUNTS)
        assert sampler.tally.cost == 30 * (len(COUNTS) - paid)
    assert set(server.asked.values()) == {1}


def test_sampler_tells_progress_and_counts_what_it_took(server, open_on):
    told = []
    with open_on(price=PRICE) as sampler:
        list(sampler.sample(COUNTS, lambda done, total: told.append((done, total))))
        tally = sampler.tally
    assert told == [(i + 1, len(COUNTS)) for i in range(len(COUNTS))]
    assert (tally.live.asked, tally.live.answered) == (len(COUNTS), 3 * len(COUNTS))
    assert (tally.live.prompt_tokens, tally.live.completion_tokens) == (50 * len(COUNTS), 30 * len(COUNTS))
    assert tally.cost == 30 * len(COUNTS)


def test_sampler_two_writers_are_asked_by_name(server, open_on):
    writers = (Writer(model="one", candidates=2), Writer(model="two", candidates=1, logprobs=False))
    with open_on(writers=writers) as sampler:
        [(_, drafts)] = sampler.sample(COUNTS[:1])
    assert [(d.place, d.writer.model) for d in drafts] == [(0, "one"), (1, "one"), (2, "two")]
    assert {(p["model"], p["n"], "logprobs" in p) for p in server.payloads} == {
        ("one", 2, True),
        ("two", 1, False),
    }


def test_sampler_stopped_by_its_user_keeps_what_came(server, open_on):
    with open_on(concurrency=1) as sampler:
        questions = sampler.sample(COUNTS)
        next(questions)
        questions.close()
    with open_on() as sampler:
        assert len(run(sampler, COUNTS)) == len(COUNTS)
    assert set(server.asked.values()) == {1}


def test_sampler_unreachable_endpoint_says_what_to_do(tmp_path):
    settings = load_settings({"VPD_HOME": str(tmp_path), "VPD_LLM_URL": DEAD, "VPD_LLM_MODEL": "m"})
    with open_sampler(settings) as sampler, pytest.raises(EndpointError, match="VPD_LLM_URL"):
        run(sampler, COUNTS)
