"""A bad program goes back with what is wrong, after the same beginning."""

import ast

import pytest

from vpd.review.finding import Finding
from vpd.sampling.prompt import ENTRY_LINE, Asked, build_prompt
from vpd.sampling.repair import build_repair

ASKED = Asked("Is there a dog?", ("yes", "no"))
BODY = '    dogs = image.find("dog")\n    return dogs.colour\n'
FINDING = Finding("names", "a list has no colour\n(line 3: return dogs.colour)", 3)


def test_repair_in_chat_adds_the_program_and_what_is_wrong_to_the_conversation():
    messages = build_prompt(ASKED, "scenes", 3, "chat")["messages"]
    repair = build_repair(ASKED, "scenes", 3, "chat", f"{ENTRY_LINE}{BODY}", FINDING)
    assert list(repair) == ["messages"]
    assert repair["messages"][: len(messages)] == messages
    said, told = repair["messages"][len(messages) :]
    assert said == {"role": "assistant", "content": f"{ENTRY_LINE}{BODY}"}
    assert told["role"] == "user"
    assert FINDING.message in told["content"]


def test_repair_in_raw_style_goes_on_with_the_file():
    prompt = build_prompt(ASKED, "scenes", 3, "raw")
    repair = build_repair(ASKED, "scenes", 3, "raw", BODY, FINDING)
    assert repair["stop"] == prompt["stop"]
    assert repair["prompt"].startswith(prompt["prompt"] + BODY)
    added = repair["prompt"].removeprefix(prompt["prompt"])
    assert added.endswith(f"\n{ENTRY_LINE}")
    assert all(line in added for line in FINDING.message.split("\n"))
    tree = ast.parse(f"{repair['prompt']}    return 'yes'\n")
    before = ast.parse(f"{prompt['prompt']}    return 'yes'\n")
    assert len(tree.body) == len(before.body) + 1


@pytest.mark.parametrize("style", ["chat", "raw"])
def test_repair_of_another_problem_is_another_prompt(style):
    other = Finding("names", "another problem", 3)
    first, second = (build_repair(ASKED, "scenes", 3, style, BODY, f) for f in (FINDING, other))
    assert first != second
