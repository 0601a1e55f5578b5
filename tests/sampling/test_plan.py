"""The plan from a file or the environment: what it says, and what is said of a wrong one."""

import re
from contextlib import ExitStack

import pytest

import vpd.sampling.plan
from vpd.chat.embedded import MODEL_NAME
from vpd.chat.price import Price
from vpd.errors import ConfigError
from vpd.sampling.plan import load_plan
from vpd.sampling.request import SamplingConfig, Writer
from vpd.sampling.sampler import open_sampler
from vpd.settings import load_settings

KEY = "planted-key-77ab"
DOCUMENTED = re.sub(
    "^    ", "", re.search(r"\n\n(    ceiling.*?)\n\n", vpd.sampling.plan.__doc__, re.S)[1], flags=re.M
)
WRITER = '[[writers]]\nmodel = "m"\n'


@pytest.fixture
def load(tmp_path):
    """Load the plan of a file's text."""
    file = tmp_path / "models.toml"

    def load_(text, **settings):
        file.write_text(text)
        return load_plan(load_settings({"VPD_LLM_FILE": str(file), **settings}))

    return load_


def test_plan_documented_file_is_read_as_written(load):
    plan = load(DOCUMENTED, VPD_TOOLS="photos")
    assert plan.config == SamplingConfig(
        temperature=0.7,
        tools="photos",
        writers=(Writer(model="qwen2.5-coder-32b-instruct", candidates=4), Writer(candidates=1)),
    )
    assert plan.config.candidates == 5
    hosted, embedded = plan.endpoints["qwen2.5-coder-32b-instruct"], plan.endpoints[MODEL_NAME]
    assert (hosted.url, hosted.requests_per_minute, hosted.price) == (
        "https://llm.example.org/v1",
        500,
        Price(input=0.4, output=1.2),
    )
    assert (embedded.url, embedded.price) == ("", None)
    assert plan.ceiling == 20
    assert plan.side_by_side >= hosted.concurrency


def test_plan_documented_file_opens_a_sampler_that_asks_nobody(load, tmp_path):
    plan = load(DOCUMENTED)
    with open_sampler(load_settings({"VPD_HOME": str(tmp_path)}), plan) as sampler:
        assert sampler.tally.live.asked == 0


def test_plan_environment_alone_is_one_writer():
    settings = load_settings(
        {"VPD_LLM_URL": "http://host:8000/v1", "VPD_LLM_MODEL": "m", "VPD_TOOLS": "photos"}
    )
    plan = load_plan(settings)
    assert plan.config == SamplingConfig(writers=(Writer(model="m"),), tools="photos")
    assert plan.endpoints["m"].url == "http://host:8000/v1"
    assert plan.ceiling is None


def test_plan_of_an_empty_environment_is_the_embedded_model():
    plan = load_plan(load_settings({}))
    assert plan.config == SamplingConfig()
    assert plan.endpoints[MODEL_NAME].url == ""
    assert plan.side_by_side == 1


def test_plan_file_comes_before_address_and_model(load):
    plan = load(WRITER, VPD_LLM_URL="http://other/v1", VPD_LLM_MODEL="other")
    assert set(plan.endpoints) == {"m"}
    assert plan.endpoints["m"].url == ""


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "writers"),
        ("writers = []", "writers"),
        (f"{WRITER}candidates = 0", "writers.0.candidates"),
        (f"{WRITER}candidates = 65", "writers.0.candidates"),
        (f'{WRITER}candidates = "{KEY}"', "writers.0.candidates"),
        ('[[writers]]\nmodel = ""', "writers.0.model"),
        (f'{WRITER}style = "{KEY}"', "writers.0.style"),
        (f'{WRITER}grammar = "{KEY}"', "writers.0.grammar"),
        (f'{WRITER}style = "raw"\ngrammar = "grammar"', "style"),
        (f"{WRITER}{WRITER}", "same model"),
        (f'{WRITER}api_key = "{KEY}"', "writers.0.api_key"),
        (f'{WRITER}endpoint = {{ api_key = "{KEY}" }}', "writers.0.endpoint.api_key"),
        (f'{WRITER}endpoint = {{ url = "https://{KEY}@host/v1" }}', "writers.0.endpoint.url"),
        (f'{WRITER}endpoint = {{ url = "https://host/v1?key={KEY}" }}', "writers.0.endpoint.url"),
        (f'{WRITER}endpoint = "{KEY}"', "writers.0.endpoint"),
        (f"{WRITER}endpoint = {{ requests_per_minute = 0 }}", "writers.0.endpoint.requests_per_minute"),
        (f"{WRITER}endpoint = {{ concurrency = 0 }}", "writers.0.endpoint.concurrency"),
        (f"{WRITER}endpoint = {{ price = {{ output = 1 }} }}", "writers.0.endpoint.price.input"),
        (f"{WRITER}endpoint = {{ price = {{ input = -1, output = 1 }} }}", "writers.0.endpoint.price.input"),
        (f'{WRITER}[[writers]]\nmodel = "n"\nlogprobs = "{KEY}"', "writers.1.logprobs"),
        (f"ceiling = 0\n{WRITER}", "ceiling"),
        (f"ceiling = nan\n{WRITER}", "ceiling"),
        (f"{WRITER}[sampling]\ntemperature = 3", "sampling.temperature"),
        (f"{WRITER}[sampling]\ntemperature = 1.0\nresample = 1", "resample_temperature"),
        (f"{WRITER}[sampling]\ntop_p = 0", "sampling.top_p"),
        (f"{WRITER}[sampling]\nwriters = 1", "sampling.writers"),
        (f"{WRITER}[sampling]\nexamples = -1", "sampling.examples"),
        (f'key = "{KEY}"\n{WRITER}', "key"),
        (f"{KEY}", "cannot read"),
    ],
)
def test_plan_wrong_file_names_the_field_and_quotes_no_value(load, text, field):
    with pytest.raises(ConfigError) as raised:
        load(text)
    assert field in str(raised.value)
    assert "models.toml" in str(raised.value)
    assert "VPD_LLM_FILE" in str(raised.value)
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None or KEY not in str(raised.value.__cause__)


@pytest.mark.parametrize("content", [None, b"\xff\xfe", "folder"])
def test_plan_file_that_cannot_be_read_is_named(tmp_path, content):
    file = tmp_path / "models.toml"
    if content == "folder":
        file.mkdir()
    elif content is not None:
        file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"VPD_LLM_FILE.*models\.toml"):
        load_plan(load_settings({"VPD_LLM_FILE": str(file)}))


@pytest.mark.parametrize("url", ["host:8000/v1", f"https://user:{KEY}@host/v1", f"https://host/v1?key={KEY}"])
def test_plan_wrong_address_in_the_environment_names_the_variable(url):
    with pytest.raises(ConfigError, match="VPD_LLM_URL") as raised:
        load_plan(load_settings({"VPD_LLM_URL": url}))
    assert KEY not in str(raised.value)


def test_plan_key_of_another_variable_that_is_not_set_is_named(load, tmp_path, monkeypatch):
    monkeypatch.delenv("OTHER_KEY", raising=False)
    plan = load(f'{WRITER}endpoint = {{ url = "http://host/v1", api_key_env = "OTHER_KEY" }}')
    with ExitStack() as stack, pytest.raises(ConfigError, match="OTHER_KEY"):
        stack.enter_context(open_sampler(load_settings({"VPD_HOME": str(tmp_path)}), plan))


def test_plan_ceiling_without_a_price_for_a_hosted_model_is_refused(load, tmp_path):
    plan = load(f'ceiling = 1\n{WRITER}endpoint = {{ url = "http://host/v1" }}')
    with ExitStack() as stack, pytest.raises(ConfigError, match="price"):
        stack.enter_context(open_sampler(load_settings({"VPD_HOME": str(tmp_path)}), plan))
