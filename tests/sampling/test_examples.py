import pytest

from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import LEVELS
from vpd.execution.program import Program, canonical
from vpd.sampling.examples import EXAMPLES
from vpd.sampling.prompt import build_messages


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: e.question)
def test_examples_every_program_is_a_program(example):
    assert isinstance(canonical(example.program), Program)


def test_examples_none_is_an_evaluated_question():
    asked = {form.text for level in LEVELS.values() for form in bank(level)}
    assert not asked & {example.question for example in EXAMPLES}


def test_prompt_holds_api_examples_and_ends_with_the_question():
    messages = build_messages("Is there a dog?")
    assert "def find(self, object_name: str)" in messages[0]["content"]
    assert [m["role"] for m in messages[1:]] == ["user", "assistant"] * len(EXAMPLES) + ["user"]
    assert messages[-1]["content"] == "Is there a dog?"
