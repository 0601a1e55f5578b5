"""Worked examples for the prompt: questions with right programs, written for this project.

Every program runs in the tests against tools that know the truth and gives its true answer. No question here
is one that is evaluated; tests hold the examples and the question sets apart.
"""

from dataclasses import dataclass

_FIRST_LINES = "def execute_command(image):\n    image_patch = ImagePatch(image)\n"


@dataclass(frozen=True)
class WorkedExample:
    """A question and a program that answers it."""

    question: str
    program: str


def read_examples(text: str) -> tuple[WorkedExample, ...]:
    """Return the examples of a text: each a question, and below it, indented, its program.

    The first two lines of a program, which all programs share, are left out.
    """
    questions: list[str] = []
    bodies: list[str] = []
    for line in text.splitlines():
        if line.startswith(" "):
            bodies[-1] += f"{line}\n"
        else:
            questions.append(line)
            bodies.append("")
    programs = [(_FIRST_LINES + body).rstrip() for body in bodies]
    return tuple(WorkedExample(*pair) for pair in zip(questions, programs, strict=True))
