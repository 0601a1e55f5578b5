"""The prompt that asks a language model for a program: API, worked examples, question.

API and examples are those of the tool set, so prompt and runtime cannot disagree. Each question, of the
examples too, says what kind of answer it asks for. In `chat` style the examples are turns of a conversation;
in `raw` style everything is one Python file that the model goes on with.

Not here: which examples are shown (`vpd.sampling.similarity`), what follows a bad program
(`vpd.sampling.repair`).
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from vpd.review.answer_type import answer_type
from vpd.sampling.similarity import most_alike
from vpd.tools.api_text import api_text
from vpd.tools.examples import WorkedExample
from vpd.tools.toolset import find_toolset

Message = dict[str, str]
Style = Literal["chat", "raw"]

INSTRUCTION = """\
You write a short Python program that answers a question about a picture. Define one function, \
execute_command(image), that looks at the picture through the API below and returns the answer as a short \
string: a number, "yes" or "no", or a word. Write plain Python without imports, comments or explanations.

"""
ENTRY_LINE = "def execute_command(image):\n"
STOP = ["\n# Question:", "\ndef "]  # a model that goes on with its file begins the next example


@dataclass(frozen=True, order=True)
class Asked:
    """What a program is written for: a question's text, and the options to choose from if there are any."""

    text: str
    choices: tuple[str, ...] = ()


def build_messages(asked: Asked, tools: str, examples: int) -> list[Message]:
    """Return the chat messages that ask for a program for a question and a tool set by name."""
    messages = [{"role": "system", "content": INSTRUCTION + _api(tools)}]
    for example in shown_examples(asked, tools, examples):
        messages.append({"role": "user", "content": question_line(Asked(example.question))})
        messages.append({"role": "assistant", "content": example.program})
    return [*messages, {"role": "user", "content": question_line(asked)}]


def build_text(asked: Asked, tools: str, examples: int) -> str:
    """Return the start of a Python file that ends with the first line of the program that is wanted."""
    parts = [f'"""{INSTRUCTION}"""\n\n{_api_as_python(tools)}\n']
    for example in shown_examples(asked, tools, examples):
        parts.append(f"\n# Question: {question_line(Asked(example.question))}\n{example.program}\n")
    return "".join([*parts, f"\n# Question: {question_line(asked)}\n{ENTRY_LINE}"])


def build_prompt(asked: Asked, tools: str, examples: int, style: Style) -> dict[str, Any]:
    """Return the part of a request's payload that says what is asked."""
    if style == "raw":
        return {"prompt": build_text(asked, tools, examples), "stop": STOP}
    return {"messages": build_messages(asked, tools, examples)}


def shown_examples(asked: Asked, tools: str, count: int) -> list[WorkedExample]:
    """Return the worked examples that the prompt for a question shows, the most alike last."""
    return most_alike(asked.text, find_toolset(tools).examples, count)


def prompt_parts(tools: str) -> list[str]:
    """Return the texts that all prompts for a tool set share."""
    return [INSTRUCTION, _api(tools)]


def question_line(asked: Asked) -> str:
    """Return the question with what kind of answer it asks for, in one line."""
    kind = answer_type(asked.text, asked.choices)
    if asked.choices and kind == "choice":
        options = ", ".join(" ".join(choice.split()) for choice in asked.choices)
        return f"{asked.text} [one of: {options}]"
    return f"{asked.text} [{_KINDS[kind]}]"


_KINDS = {"yes or no": "yes or no", "number": "a number", "choice": "one of these", "text": "a word"}


@cache
def _api(tools: str) -> str:
    return find_toolset(tools).prompt_text()


@cache
def _api_as_python(tools: str) -> str:
    """Return the API with its notes as comments."""
    spec = find_toolset(tools)
    notes = "".join(f"\n# {line}" for line in spec.notes.splitlines())
    return api_text(spec.methods.values()) + (f"\n{notes}" if notes else "")
