"""Worked examples for the prompt: questions with right programs, written for this project.

Every program runs in the tests against tools that know the truth and gives its true answer. No question here
is one that is evaluated; a test holds the examples and the question sets apart.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class WorkedExample:
    """A question and a program that answers it."""

    question: str
    program: str
