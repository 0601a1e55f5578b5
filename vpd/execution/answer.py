"""The answer of a program as text: the one place that decides what a returned value means."""

import math

_LARGEST_BITS = 64


class NoAnswer(Exception):
    """The returned value is no answer; the message says why."""


def answer_text(kind: str, value: object) -> str:
    """Return the text of a returned value; `kind` is the name of its type in the program.

    A text is stripped, a bool becomes yes or no, a whole number has no fraction, other numbers are rounded
    to 4 digits. Anything else raises NoAnswer: a patch, a list, None, an empty text.
    """
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        text = value.encode(errors="replace").decode().strip()
        if not text:
            raise NoAnswer("execute_command returned an empty text")
        return text
    if isinstance(value, int):
        if value.bit_length() > _LARGEST_BITS:
            raise NoAnswer("execute_command returned a number of more than 64 bits")
        return str(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NoAnswer(f"execute_command returned {value}")
        return str(int(value)) if value.is_integer() else str(round(value, 4))
    raise NoAnswer(
        f"execute_command returned {'nothing' if kind == 'NoneType' else f'a value of type {kind:.50}'}"
    )
