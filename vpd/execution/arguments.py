"""Check what a program passes to a method. All of it is untrusted.

The sandbox has already matched the arguments to the method's parameters; here their types, lengths and ranges
are checked, so that a tool sees nothing but short texts, and a patch is never empty or outside the picture.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

from vpd.geometry import Box
from vpd.tools.methods import Method, ParameterType, Plain

LONGEST_TEXT = 300
MOST_OPTIONS = 50
LARGEST_NUMBER = 2**53  # exact as a float


class BadArgument(Exception):
    """An argument is refused; raised in the program as an exception of this kind."""

    def __init__(self, kind: Literal["TypeError", "ValueError", "LookupError"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


def tool_arguments(method: Method, args: tuple[Any, ...]) -> tuple[Plain, ...]:
    """Return the checked arguments of a tool method. Raises BadArgument."""
    kinds = method.parameters.values()
    if len(kinds) != len(args):
        raise BadArgument("TypeError", f"{method.name} takes {len(kinds)} arguments, not {len(args)}")
    return tuple(_CHECKS[kind](method.name, value) for kind, value in zip(kinds, args, strict=True))


def crop_box(args: tuple[Any, ...], width: int, height: int) -> Box:
    """Return the box between four edges, cut off at the picture's border. Raises BadArgument."""
    if len(args) != 4 or not all(isinstance(v, int | float) and not isinstance(v, bool) for v in args):
        raise BadArgument("TypeError", "crop takes four numbers: left, top, right, bottom")
    if not all(isinstance(v, int) or math.isfinite(v) for v in args):
        raise BadArgument("ValueError", "crop takes finite numbers")
    bound = 10 * max(width, height)
    box = Box(*(float(max(-bound, min(bound, v))) for v in args))
    if box.right <= box.left or box.bottom <= box.top or box.clamp(width, height).area <= 0:
        raise BadArgument("ValueError", "crop has no area inside the picture")
    return box.clamp(width, height)


def _text(method: str, value: Any) -> str:
    if not isinstance(value, str):
        raise BadArgument("TypeError", f"{method} takes text")
    if not value.strip():
        raise BadArgument("ValueError", f"{method} was given an empty text")
    if len(value) > LONGEST_TEXT:
        raise BadArgument("ValueError", f"{method} was given a text of more than {LONGEST_TEXT} characters")
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadArgument("ValueError", f"{method} was given half a surrogate pair") from error
    return value


def _texts(method: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple):
        raise BadArgument("TypeError", f"{method} takes a list of texts")
    if not 0 < len(value) <= MOST_OPTIONS:
        raise BadArgument("ValueError", f"{method} takes 1 to {MOST_OPTIONS} texts")
    return tuple(_text(method, item) for item in value)


def _number(method: str, value: Any) -> Plain:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise BadArgument("TypeError", f"{method} takes a number")
    if not math.isfinite(value) or abs(value) > LARGEST_NUMBER:
        raise BadArgument("ValueError", f"{method} was given a number that is not finite or too large")
    return value


def _whole_number(method: str, value: Any) -> Plain:
    if not isinstance(value, int):
        raise BadArgument("TypeError", f"{method} takes a whole number")
    return _number(method, value)


_CHECKS: dict[ParameterType, Callable[[str, Any], Plain]] = {
    "str": _text,
    "list[str]": _texts,
    "float": _number,
    "int": _whole_number,
}
