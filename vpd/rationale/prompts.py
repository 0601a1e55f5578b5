"""What the student is told beside the picture: the question and, by mode, what to write.

The same text is used to build examples, to evaluate and to predict. The two modes are the two tasks of VPD:
a short answer, or the reasoning that ends in the answer.
"""

from collections.abc import Sequence
from typing import Literal

Mode = Literal["answer", "rationale"]

SUFFIXES: dict[Mode, str] = {
    "answer": "Answer in one word or a short phrase.",
    "rationale": "Explain the answer.",
}


def prompt_for(question: str, mode: Mode, choices: Sequence[str] = ()) -> str:
    """Return the prompt for a question in a mode; the options of a multiple-choice question come along."""
    options = f" Options: {', '.join(choices)}." if choices else ""
    return f"{question}{options} {SUFFIXES[mode]}"
