import math

import numpy as np
import pytest

from tests.chat_server import answers, fails, pictures_of, question_of
from vpd.geometry import Box
from vpd.tools.openai import prompts
from vpd.tools.openai.section import EndpointSection
from vpd.tools.protocol import ToolFailure, ToolRequest, ToolResult

WHOLE = Box(0, 0, 90, 60)
ALL = ("simple_query", "verify_property", "read_text", "llm_query")


@pytest.fixture
def ask(open_tools, picture):
    tools = open_tools(methods=ALL, knowledge_model="llm", side=30)

    def asked(method, *args, region=WHOLE):
        (result,) = tools[method].run([ToolRequest(picture, region, args)])
        return result

    return asked


def says(server, text, **more):
    server.behaviour = lambda payload: answers(text, **more)


def test_served_methods_are_those_of_the_section(open_tools):
    assert set(open_tools()) == {"simple_query", "llm_query"}
    assert set(open_tools(methods=["read_text"])) == {"read_text"}


def test_cards_say_what_kind_of_tool_answers(open_tools):
    tools = open_tools(methods=ALL)
    assert [tools[name].card.kind for name in ALL] == ["ask", "match", "read", "know"]


def test_question_goes_out_with_the_crop_and_the_answer_is_normalised(server, ask, picture):
    result = ask("simple_query", "What color is it?", region=Box(10, 10, 40, 20))
    assert result.value == "Red"
    (payload,) = server.payloads
    assert (payload["model"], payload["temperature"]) == ("vlm", 0)
    assert "What color is it?" in question_of(payload)
    (sent,) = pictures_of(payload)
    assert np.array_equal(sent, picture.pixels[10:20, 10:40])


def test_large_crop_is_scaled_to_the_side(server, ask):
    ask("simple_query", "What is it?")
    assert pictures_of(server.payloads[0])[0].shape == (20, 30, 3)


def test_knowledge_is_asked_of_its_model_without_a_picture(server, ask):
    ask("llm_query", "Where do kiwis grow?")
    (payload,) = server.payloads
    assert payload["model"] == "llm"
    assert isinstance(payload["messages"][-1]["content"], str)
    assert "Where do kiwis grow?" in question_of(payload)


def test_property_is_asked_by_name_and_read_as_a_bool(server, ask):
    says(server, "No.")
    assert ask("verify_property", "cube", "made of {wood}").value is False
    assert "cube" in question_of(server.payloads[0])
    assert "made of {wood}" in question_of(server.payloads[0])


def test_text_is_read_as_it_is(server, ask):
    says(server, "EXIT\nNo. 4.")
    assert ask("read_text").value == "EXIT No. 4."


def test_confidence_is_the_mean_probability_of_the_answers_tokens(server, ask):
    assert ask("simple_query", "a?").confidence == pytest.approx(math.exp(-0.2))
    says(server, "Red", logprobs=())
    assert ask("simple_query", "b?") == ToolResult("Red", None)
    says(server, "Red", logprobs=(1e-7,))
    assert ask("simple_query", "c?").confidence == 1


def test_unicode_question_arrives_and_its_answer_returns_as_they_are(server, ask):
    says(server, "紅色 🟥")
    assert ask("simple_query", "這是什麼顏色？ ünï 🚗").value == "紅色 🟥"
    assert "這是什麼顏色？ ünï 🚗" in question_of(server.payloads[0])


@pytest.mark.parametrize(
    ("method", "args", "said", "finish"),
    [
        ("simple_query", ("a?",), "", "stop"),
        ("simple_query", ("a?",), " \n", "stop"),
        ("llm_query", ("a?",), ".", "stop"),
        ("read_text", (), "", "stop"),
        ("verify_property", ("cube", "red"), "perhaps", "stop"),
        ("simple_query", ("a?",), "It is a very lon", "length"),
    ],
)
def test_unusable_answer_is_a_failure_and_not_asked_again(server, ask, method, args, said, finish):
    says(server, said, finish=finish)
    for _ in range(2):
        result = ask(method, *args)
        assert isinstance(result, ToolFailure)
        assert result.kind == "error"
    assert len(server.payloads) == 1


def test_region_without_pixels_fails_alone_and_is_not_sent(server, open_tools, picture):
    batch = [ToolRequest(picture, region, ("a?",)) for region in (WHOLE, Box(5, 5, 5, 5), Box(0, 0, 9, 9))]
    results = open_tools()["simple_query"].run(batch)
    assert [isinstance(r, ToolFailure) for r in results] == [False, True, False]
    assert results[1].kind == "argument"
    assert len(server.payloads) == 2


def test_refused_request_fails_alone_and_is_remembered(server, open_tools, picture):
    refuse = fails(400, b"content policy")
    server.behaviour = lambda p: (refuse if "bad" in question_of(p) else lambda _: answers("fine"))(p)
    batch = [ToolRequest(picture, WHOLE, (f"{word} {i}?",)) for i in range(8) for word in ("good", "bad")]
    for _ in range(2):
        results = open_tools(concurrency=1)["simple_query"].run(batch)
        assert [r.value for r in results[::2]] == ["fine"] * 8
        assert {r.kind for r in results[1::2]} == {"argument"}
        assert "content policy" in results[1].message
    assert set(server.asked.values()) == {1}


def version(open_tools, method="simple_query", **section):
    return open_tools(methods=ALL, **section)[method].card.version


@pytest.mark.parametrize(
    "changed", [{"model": "other"}, {"temperature": 0.5}, {"max_tokens": 9}, {"side": 100}]
)
def test_version_changes_with_what_decides_answers(open_tools, changed):
    assert version(open_tools, **changed) != version(open_tools)


def test_version_changes_with_the_prompt(open_tools, monkeypatch):
    before = version(open_tools)
    changed = prompts.Prompt("{question} Be brief.", prompts.short_answer)
    monkeypatch.setitem(prompts.PROMPTS, "simple_query", changed)
    assert version(open_tools) != before


@pytest.mark.parametrize(
    "same", [{"url": "http://elsewhere/v1"}, {"concurrency": 1}, {"knowledge_model": "m"}]
)
def test_version_does_not_change_with_address_concurrency_or_another_methods_model(open_tools, same):
    assert version(open_tools, **same) == version(open_tools)


def test_version_of_knowledge_depends_on_its_model_and_not_on_pictures(open_tools):
    known = version(open_tools, "llm_query")
    assert version(open_tools, "llm_query", side=100) == known
    assert version(open_tools, "llm_query", knowledge_model="other") != known


def test_default_temperature_is_zero():
    assert EndpointSection(model="m").temperature == 0
