"""A look ahead against what a run then asks."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.chat_server import ChatServer
from tests.sampling.written import ASKED, first_round, writes
from vpd.chat.budget import CHARACTERS_PER_TOKEN
from vpd.chat.endpoint import EndpointConfig
from vpd.chat.price import Price
from vpd.chat.spending import Spending
from vpd.sampling.offline import open_kept
from vpd.sampling.plan import Plan
from vpd.sampling.projection import TOKENS_PER_ANSWER, Projection, project
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig, Writer, build_request
from vpd.sampling.sampler import open_sampler
from vpd.settings import Settings, load_settings


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    chat.behaviour = writes
    yield chat
    chat.close()


@pytest.fixture
def settings(tmp_path) -> Settings:
    return load_settings({"VPD_HOME": str(tmp_path)})


def plan_for(url: str, candidates: int = 3, **endpoint) -> Plan:
    config = SamplingConfig(writers=(Writer(model="m", candidates=candidates),))
    return Plan(config, {"m": EndpointConfig(url=url, **endpoint)})


def projected(settings: Settings, plan: Plan, questions=ASKED) -> Projection:
    with open_kept(settings) as kept:
        [projection] = project(plan, kept, questions)
    return projection


def sample(settings: Settings, plan: Plan, questions=ASKED) -> None:
    with open_sampler(settings, plan) as sampler:
        assert list(sampler.sample(questions))


def test_projection_of_a_first_run_is_what_its_first_round_asks(server, settings):
    plan = plan_for(server.url)
    ahead = projected(settings, plan, [*ASKED, ASKED[0]])
    assert not server.payloads
    sample(settings, plan)
    asked = first_round(server.payloads)
    assert (ahead.requests, ahead.samples) == (len(asked), sum(payload["n"] for payload in asked))
    read = [sum(len(message["content"]) for message in payload["messages"]) for payload in asked]
    assert ahead.prompt_tokens == sum(characters // CHARACTERS_PER_TOKEN for characters in read)
    assert (ahead.kept, ahead.measured) == (0, False)
    assert ahead.completion_tokens == 12 * TOKENS_PER_ANSWER
    assert ahead.worst_completion_tokens == 12 * plan.config.max_tokens


def test_projection_after_a_run_has_nothing_to_ask(server, settings):
    plan = plan_for(server.url)
    sample(settings, plan)
    ahead = projected(settings, plan)
    assert (ahead.kept, ahead.requests, ahead.samples, ahead.completion_tokens) == (12, 0, 0, 0)


def test_projection_of_a_run_that_goes_on_counts_what_is_missing(server, settings):
    sample(settings, plan_for(server.url, candidates=2), ASKED[:3])
    more = plan_for(server.url, candidates=5)
    ahead = projected(settings, more)
    server.payloads.clear()
    sample(settings, more)
    asked = first_round(server.payloads)
    assert (ahead.requests, ahead.samples) == (len(asked), sum(payload["n"] for payload in asked)) == (4, 14)
    assert (ahead.measured, ahead.tokens_per_answer, ahead.completion_tokens) == (True, 2.0, 28)


def test_projection_counts_questions_with_the_same_prompt_once(settings):
    twice = [Asked("Is it red?"), Asked("Is it red?", ("yes", "no"))]
    plan = plan_for("http://127.0.0.1:9/v1")
    keys = {build_request(plan.config, plan.config.writers[0], asked).key for asked in twice}
    assert projected(settings, plan, twice).requests == len(keys)


def test_projection_costs_at_most_what_spending_sets_aside(settings):
    price = Price(input=2.0, output=8.0)
    plan = plan_for("http://127.0.0.1:9/v1", price=price)
    spending = Spending(price, None)
    requests = [build_request(plan.config, plan.config.writers[0], asked) for asked in ASKED]
    ahead = projected(settings, plan)
    assert ahead.worst_cost == pytest.approx(sum(spending.set_aside(request, 3) for request in requests))
    assert ahead.cost == pytest.approx((ahead.prompt_tokens * 2 + ahead.completion_tokens * 8) / 1e6)
    assert ahead.cost < ahead.worst_cost


def test_projection_without_price_and_limits_knows_no_cost_and_no_time(settings):
    ahead = projected(settings, plan_for("http://127.0.0.1:9/v1"))
    assert (ahead.cost, ahead.worst_cost, ahead.minutes) == (None, None, None)


def test_projection_takes_as_long_as_the_tighter_limit(settings):
    plan = plan_for("http://127.0.0.1:9/v1", requests_per_minute=2)
    assert projected(settings, plan).minutes == 2.0
    ahead = projected(
        settings, plan_for("http://127.0.0.1:9/v1", requests_per_minute=2, tokens_per_minute=100)
    )
    assert ahead.minutes == pytest.approx((ahead.prompt_tokens + ahead.completion_tokens) / 100)
    assert ahead.minutes > 2.0


def test_projection_is_by_model(server, settings):
    both = (Writer(model="m", candidates=2), Writer(model="n", candidates=1, style="raw"))
    sample(settings, plan_for(server.url, candidates=2))
    one = plan_for(server.url)
    plan = replace(
        one, config=SamplingConfig(writers=both), endpoints={**one.endpoints, "n": EndpointConfig()}
    )
    with open_kept(settings) as kept:
        first, second = project(plan, kept, ASKED)
    assert (first.model, first.kept, first.samples) == ("m", 8, 0)
    assert (second.model, second.kept, second.samples) == ("n", 0, 4)
