"""Shards of candidates: their columns, what was replaced, totals, and the same bytes however they came."""

import pytest

from tests.chat_server import ChatServer, answers, fails, question_of
from vpd.chat.price import Price
from vpd.errors import EndpointError
from vpd.execution.program import Program, canonical
from vpd.records import PROGRAMS, QUESTIONS, REPLACED, Question
from vpd.sampling.prompt import Asked
from vpd.sampling.request import Writer, build_request
from vpd.sampling.stage import sample_programs
from vpd.store import ArtifactStore

CUBES, CHOSEN = "How many cubes are there?", "What shape is the red object?"
SHAPES = ("cube", "cone")
SHARDS = ("a-000", "a-001")
COUNT = """\
```python
def execute_command(image):
    # look
    return str(len(ImagePatch(image).find('cube')))
```"""
RENAMED = "def execute_command(image):\n    p = ImagePatch(image)\n    return str(len(p.find('cube')))"
MENDED = "def execute_command(image):\n    return str(len(ImagePatch(image).find('small cube')))"
WRONG = "def execute_command(image):\n    return ImagePatch(image).nonsense()"
NONE = "I cannot do that("
SHAPE = """\
def execute_command(image):
    return ImagePatch(image).find('red object')[0].simple_query('What shape is it?')"""
PRICE = Price(input=1, cached_input=0.5, output=2)
USAGE = {"prompt_tokens": 100, "completion_tokens": 40, "prompt_tokens_details": {"cached_tokens": 60}}
WRITERS = (Writer(model="m", candidates=4),)


def writes(payload):
    """First answers to the question of numbers: good, the same again, wrong, no program."""
    said = question_of(payload)
    if said.startswith(CUBES):
        texts = [COUNT, RENAMED, WRONG, NONE]
    elif "nonsense" in said:
        texts = [MENDED]
    elif said.startswith("That program is wrong"):
        texts = [NONE]
    else:
        texts = [SHAPE] * payload["n"]
    return answers(*texts[: payload["n"]], usage=USAGE, logprobs=())


@pytest.fixture
def server(server: ChatServer) -> ChatServer:
    server.behaviour = writes
    return server


@pytest.fixture
def store(tmp_path) -> ArtifactStore:
    """Two shards: a text twice, one with choices and without."""
    store = ArtifactStore.open(str(tmp_path / "store"))
    for shard in SHARDS:
        asked = [(CUBES, ()), (CHOSEN, SHAPES), (CUBES, ()), (CHOSEN, ())]
        rows = [
            Question(f"{shard}-{i}", "image", text, ("1",), choices, "count", "train", False, "a")
            for i, (text, choices) in enumerate(asked)
        ]
        store.write_shard(QUESTIONS, shard, QUESTIONS.frame(rows), "f")
    return store


@pytest.fixture
def sampled(store, open_on):
    """The stage's result for shard a-000, and its rows by question and place."""
    with open_on(writers=WRITERS, price=PRICE) as sampler:
        result = sample_programs(store, "a-000", sampler)
    rows = PROGRAMS.rows(store.read_shard(PROGRAMS, "a-000"))
    return result, {(c.asks, c.sample_index): c for c in rows}


def test_stage_candidates_are_one_row_per_question_and_place(sampled):
    _, rows = sampled
    asks = [(CUBES, ()), (CHOSEN, ()), (CHOSEN, SHAPES)]
    assert set(rows) == {(a, i) for a in asks for i in range(4)}
    assert len({c.candidate_id for c in rows.values()}) == 12


def test_stage_program_has_canonical_text_ids_and_what_it_took(sampled, open_on):
    _, rows = sampled
    good, same = rows[(CUBES, ()), 0], rows[(CUBES, ()), 1]
    program = canonical(COUNT)
    assert isinstance(program, Program)
    assert (good.source, good.program_id) == (program.source, program.program_id)
    assert "# look" not in good.source
    assert good.call_graph == same.call_graph is not None
    assert good.program_id != same.program_id
    assert (good.round, good.problem, good.model, good.origin) == ("first", None, "m", "live")
    assert (good.prompt_tokens, good.cached_tokens, good.completion_tokens) == (100, 60, 10)
    assert (same.prompt_tokens, same.cached_tokens) == (0, 0)
    assert good.cost == pytest.approx((40 * 1 + 60 * 0.5 + 10 * 2) / 1e6)
    assert same.cost == pytest.approx(10 * 2 / 1e6)
    with open_on(writers=WRITERS) as sampler:
        request = build_request(sampler.config, WRITERS[0], Asked(CUBES))
    assert good.request_key == request.key
    assert good.temperature == request.payload["temperature"]


def test_stage_problem_begins_with_its_kind(sampled):
    _, rows = sampled
    broken = rows[(CUBES, ()), 3]
    assert (broken.program_id, broken.call_graph, broken.source) == (None, None, NONE)
    assert broken.problem.startswith("syntax: ")


def test_stage_replaced_candidates_are_kept_beside(sampled, store):
    result, rows = sampled
    mended = rows[(CUBES, ()), 2]
    assert (mended.round, mended.problem, mended.source) == ("repair", None, canonical(MENDED).source)
    replaced = REPLACED.rows(store.read_shard(REPLACED, "a-000"))
    assert [(c.asks, c.sample_index, c.round) for c in replaced] == [
        ((CUBES, ()), 2, "first"),
        ((CUBES, ()), 3, "repair"),
    ]
    assert replaced[0].problem.startswith("names: ")
    assert replaced[0].program_id == canonical(WRONG).program_id
    assert len({c.candidate_id for c in (*rows.values(), *replaced)}) == 14
    assert result.manifest.stats["replaced"] == 2


def test_stage_totals_are_those_of_the_rows(sampled, server):
    result, _ = sampled
    stats = result.manifest.stats
    assert (stats["texts"], stats["candidates"], stats["parsed"], stats["clean"]) == (3, 12, 11, 11)
    assert stats["clean_at_first"] == 10
    assert (stats["distinct_programs"], stats["distinct_call_graphs"]) == (5, 4)
    requests = len(server.payloads)
    assert (stats["prompt_tokens"], stats["cached_tokens"]) == (100 * requests, 60 * requests)
    assert stats["completion_tokens"] == 40 * requests
    assert stats["cost"] == pytest.approx(requests * (40 * 1 + 60 * 0.5 + 40 * 2) / 1e6)
    assert stats["origins"] == {"live": 14}
    assert stats["rounds"] == {"first": 12, "repair": 2}
    assert stats["models"] == {"m": 14}
    assert stats["problems"] == {"syntax": 1}


def test_stage_rows_are_in_the_order_of_question_and_place(store, open_on):
    texts = (
        CUBES,
        CHOSEN,
        "Is there a cube?",
        "Are there more cubes than cones?",
        "How many cones are behind it?",
    )
    rows = [
        Question(f"q-{i}", "image", text, ("1",), (), "count", "train", False, "a")
        for i, text in enumerate(texts)
    ]
    store.write_shard(QUESTIONS, "a-000", QUESTIONS.frame(rows), "g")
    with open_on(writers=WRITERS) as sampler:
        sample_programs(store, "a-000", sampler)
    for table in (PROGRAMS, REPLACED):
        order = [(c.asks, c.sample_index, c.round) for c in table.rows(store.read_shard(table, "a-000"))]
        assert order == sorted(order)


def test_stage_clean_at_first_counts_what_was_resampled(store, open_on, server):
    hotter = {"resample": 1, "temperature": 0.5, "resample_temperature": 0.9}

    def behaviour(payload):
        texts = [MENDED] if payload["temperature"] == 0.9 else [COUNT] * payload["n"]
        return answers(*texts, logprobs=())

    server.behaviour = behaviour
    rows = [Question("q", "image", CUBES, ("1",), (), "count", "train", False, "a")]
    store.write_shard(QUESTIONS, "a-000", QUESTIONS.frame(rows), "g")
    with open_on(writers=WRITERS, **hotter) as sampler:
        stats = sample_programs(store, "a-000", sampler).manifest.stats
    assert (stats["clean"], stats["clean_at_first"], stats["replaced"]) == (4, 4, 1)
    assert stats["rounds"] == {"first": 4, "resample": 1}
    temperatures = {c.round: c.temperature for c in PROGRAMS.rows(store.read_shard(PROGRAMS, "a-000"))}
    assert temperatures == {"first": 0.5, "resample": 0.9}


def test_stage_unknown_price_is_no_cost(store, open_on):
    with open_on(writers=WRITERS) as sampler:
        result = sample_programs(store, "a-000", sampler)
    assert result.manifest.stats["cost"] is None
    assert set(store.read_shard(PROGRAMS, "a-000")["cost"]) == {None}


def test_stage_refused_request_is_a_row_that_says_so(store, open_on, server):
    server.behaviour = lambda payload: (
        fails(400, b"too long")(payload) if CUBES in question_of(payload) else writes(payload)
    )
    with open_on(writers=WRITERS) as sampler:
        sample_programs(store, "a-000", sampler)
    rows = [c for c in PROGRAMS.rows(store.read_shard(PROGRAMS, "a-000")) if c.question_text == CUBES]
    assert {(c.program_id, c.call_graph, c.source, c.completion_tokens) for c in rows} == {
        (None, None, "", 0)
    }
    assert all(c.problem.startswith("endpoint: ") and "too long" in c.problem for c in rows)


def test_stage_text_with_choices_that_are_plain_yes_and_no_has_candidates_of_its_own(store, open_on):
    text = "Is there a cube?"
    rows = [
        Question(f"q-{i}", "image", text, ("yes",), choices, "exist", "train", False, "a")
        for i, choices in enumerate(((), ("yes", "no")))
    ]
    store.write_shard(QUESTIONS, "a-000", QUESTIONS.frame(rows), "g")
    with open_on(writers=WRITERS) as sampler:
        sample_programs(store, "a-000", sampler)
    found = PROGRAMS.rows(store.read_shard(PROGRAMS, "a-000"))
    assert len(found) == len({c.candidate_id for c in found}) == 8


def test_stage_same_question_in_two_shards_has_the_same_candidates(store, open_on, server):
    with open_on(writers=WRITERS) as sampler:
        for shard in SHARDS:
            sample_programs(store, shard, sampler)
    first, second = (store.read_shard(PROGRAMS, shard) for shard in SHARDS)
    assert first.equals(second)
    assert set(server.asked.values()) == {1}


def test_stage_bytes_depend_neither_on_concurrency_nor_on_where_answers_came_from(store, open_on, tmp_path):
    digests = set()
    for concurrency in (1, 6):
        with open_on(writers=WRITERS, concurrency=concurrency) as sampler:
            fresh = ArtifactStore.open(str(tmp_path / f"store-{concurrency}"))
            fresh.write_shard(QUESTIONS, "a-000", store.read_shard(QUESTIONS, "a-000"), "f")
            manifest = sample_programs(fresh, "a-000", sampler).manifest
            replaced = fresh.manifest(REPLACED, "a-000")
            digests.add((manifest.data_sha256, replaced.data_sha256, manifest.fingerprint))
    assert len(digests) == 1


def test_stage_second_run_computes_nothing_and_other_settings_compute_again(store, open_on):
    with open_on(writers=WRITERS) as sampler:
        assert sample_programs(store, "a-000", sampler).computed
    with open_on(writers=WRITERS, url="http://127.0.0.1:9/v1", concurrency=1) as sampler:
        assert not sample_programs(store, "a-000", sampler).computed
    with open_on(writers=WRITERS, temperature=0.9) as sampler:
        assert sample_programs(store, "a-000", sampler).computed


def test_stage_unanswered_question_commits_nothing_and_goes_on_later(store, open_on, server):
    server.behaviour = lambda payload: (
        fails(503)(payload) if CUBES in question_of(payload) else writes(payload)
    )
    with open_on(writers=WRITERS) as sampler, pytest.raises(EndpointError, match=CUBES[:8]):
        sample_programs(store, "a-000", sampler)
    assert store.find_manifest(PROGRAMS, "a-000") is None
    server.behaviour = writes
    server.payloads.clear()
    with open_on(writers=WRITERS) as sampler:
        assert sample_programs(store, "a-000", sampler).computed
    assert all(CUBES in str(payload["messages"]) for payload in server.payloads)


def test_stage_progress_counts_distinct_questions(store, open_on):
    told = []
    with open_on(writers=WRITERS) as sampler:
        sample_programs(store, "a-000", sampler, lambda done, total: told.append((done, total)))
    assert told == [(1, 3), (2, 3), (3, 3)]
