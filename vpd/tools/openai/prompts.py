"""How each method asks a model, and how the text of its answer is read.

Not here: sending (`vpd.chat.asker`), which regions a model sees (`vpd.tools.openai.crop`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from vpd.tools.openai.section import Served

_NO_TEXT = "NO TEXT"
_YES_NO = re.compile(r"(yes|no)(?:$|[,;:.!])", re.IGNORECASE)


class UnusableAnswer(Exception):
    """An answer that says nothing, or not what was asked for."""


@dataclass(frozen=True)
class Prompt:
    """A text with the method's parameters as slots, and how an answer is read or UnusableAnswer raised."""

    text: str
    read: Callable[[str], str | bool]


def short_answer(text: str) -> str:
    """Return the first line without a full stop at its end."""
    first, *_ = text.strip().splitlines() or [""]
    answer = first.strip().removesuffix(".").rstrip()
    if not answer:
        raise UnusableAnswer("the answer is empty")
    return answer


def yes_or_no(text: str) -> bool:
    """Return whether the answer begins with a yes; explanations may follow after a comma or a full stop."""
    answer = short_answer(text)
    match = _YES_NO.match(answer)
    if match is None:
        raise UnusableAnswer(f"the answer is neither yes nor no but {answer!r:.80}")
    return match[1].lower() == "yes"


def transcription(text: str) -> str:
    """Return the text that was read, on one line; empty if the model says that there is none."""
    read = " ".join(text.split())
    if not read:
        raise UnusableAnswer("the answer is empty")
    return "" if read.removesuffix(".").upper() == _NO_TEXT else read


PROMPTS: Mapping[Served, Prompt] = {
    "simple_query": Prompt(
        "{question}\n\nAnswer from the picture with one word or a short phrase. If a description is asked "
        "for, give one sentence.",
        short_answer,
    ),
    "verify_property": Prompt(
        'Look at the {object_name} in this picture. Does "{property}" describe it? Answer yes or no.',
        yes_or_no,
    ),
    "read_text": Prompt(
        "Which text is written in this picture? Answer with the text alone, exactly as it is written, on one "
        f"line. If there is none, answer {_NO_TEXT}.",
        transcription,
    ),
    "llm_query": Prompt("{question}\n\nAnswer with one word or a short phrase.", short_answer),
}
