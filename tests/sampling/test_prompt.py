"""Prompts hold the API, the chosen examples and the question, and the raw one is a Python file."""

import ast

import pytest

from vpd.execution.program import Program, canonical
from vpd.sampling.prompt import (
    ENTRY_LINE,
    STOP,
    Asked,
    build_messages,
    build_prompt,
    build_text,
    question_line,
    shown_examples,
)
from vpd.tools.toolset import find_toolset

TOOLS = ("scenes", "photos")
DOG = Asked("Is there a dog?")
CHOOSE = Asked("What is it?", ("a dog", "a cat"))


def api_of(tools):
    spec = find_toolset(tools)
    return [f"def {method}(self" for method in spec.methods], spec.notes


@pytest.mark.parametrize("tools", TOOLS)
@pytest.mark.parametrize("count", [0, 1, 6])
def test_chat_prompt_holds_the_api_and_the_chosen_examples_and_ends_with_the_question(tools, count):
    system, *turns, last = build_messages(DOG, tools, count)
    methods, notes = api_of(tools)
    assert system["role"] == "system"
    assert all(method in system["content"] for method in methods)
    assert notes in system["content"]
    chosen = shown_examples(DOG, tools, count)
    assert len(chosen) == count
    assert [turn["role"] for turn in turns] == ["user", "assistant"] * count
    assert [turn["content"] for turn in turns[1::2]] == [e.program for e in chosen]
    for turn, example in zip(turns[::2], chosen, strict=True):
        assert turn["content"].startswith(example.question)
    assert last == {"role": "user", "content": "Is there a dog? [yes or no]"}


@pytest.mark.parametrize("tools", TOOLS)
def test_prompt_offers_no_method_that_the_tools_lack(tools):
    others = {m for name in TOOLS for m in find_toolset(name).methods} - set(find_toolset(tools).methods)
    for text in (build_messages(DOG, tools, 6)[0]["content"], build_text(DOG, tools, 6)):
        assert not any(f"def {method}(" in text for method in others)


@pytest.mark.parametrize("style", ["chat", "raw"])
@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (DOG, "Is there a dog? [yes or no]"),
        (Asked("How many dogs are there?"), "How many dogs are there? [a number]"),
        (Asked("Is it a dog or a cat?"), "Is it a dog or a cat? [one of these]"),
        (Asked("What is it?"), "What is it? [a word]"),
        (CHOOSE, "What is it? [one of: a dog, a cat]"),
        (Asked("Is it a dog?", ("yes", "no")), "Is it a dog? [yes or no]"),
    ],
)
def test_prompt_says_what_kind_of_answer_is_asked_for(style, asked, line):
    prompt = build_prompt(asked, "scenes", 3, style)
    if style == "chat":
        assert prompt["messages"][-1]["content"] == line
    else:
        assert prompt["prompt"].endswith(f"# Question: {line}\n{ENTRY_LINE}")


@pytest.mark.parametrize("tools", TOOLS)
@pytest.mark.parametrize("asked", [DOG, CHOOSE, Asked("What is it?", ("a\ndog", "a\r\ncat"))])
def test_raw_prompt_with_its_continuation_is_a_python_file(tools, asked):
    text = build_text(asked, tools, 6)
    body = '    return "yes"'
    functions = [f for f in ast.parse(f"{text}{body}\n").body if isinstance(f, ast.FunctionDef)]
    programs = [f for f in functions if f.name == "execute_command"]
    examples = shown_examples(asked, tools, 6)
    wanted = [ast.unparse(ast.parse(e.program)) for e in examples]
    assert [ast.unparse(f) for f in programs[:-1]] == wanted
    assert ast.unparse(programs[-1]) == f"{ENTRY_LINE}    return 'yes'"
    assert canonical(body) == canonical(f"{ENTRY_LINE}{body}")


def test_raw_prompt_stops_before_the_model_begins_the_next_example():
    prompt = build_prompt(DOG, "scenes", 6, "raw")
    assert prompt["stop"] == STOP
    for example in find_toolset("scenes").examples:
        body = example.program.removeprefix(ENTRY_LINE)
        assert body != example.program
        assert not any(stop in body for stop in STOP)
        continued = f"{body}\n\n# Question: next\n{ENTRY_LINE}"
        assert isinstance(canonical(min((continued.split(stop)[0] for stop in STOP), key=len)), Program)


@pytest.mark.parametrize("tools", TOOLS)
def test_raw_and_chat_prompts_hold_the_same_api_notes_and_examples(tools):
    text, messages = build_text(CHOOSE, tools, 4), build_messages(CHOOSE, tools, 4)
    spec = find_toolset(tools)
    api = spec.prompt_text().removesuffix(spec.notes).strip()
    for said in (api, spec.notes, *(message["content"] for message in messages[1:])):
        assert said in text


def test_prompts_of_one_form_share_all_but_the_question():
    def beginning(color):
        asked = Asked(f"Is the {color} cube left of the cone?")
        return build_text(asked, "scenes", 6).removesuffix(f"{question_line(asked)}\n{ENTRY_LINE}")

    assert beginning("red") == beginning("blue")
