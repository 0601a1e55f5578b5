"""Check what a program passes to a method. All of it is untrusted.

The sandbox has already matched the arguments to the method's parameters; here their types, lengths and ranges
are checked, so that a tool sees nothing but short texts, and a patch is never empty or outside the picture.
"""

import math
from collections.abc import Callable
from typing import Any, Literal

from vpd.geometry import Box
from vpd.tools.protocol import Plain

LONGEST_TEXT = 300
MOST_OPTIONS = 50


class BadArgument(Exception):
    """An argument is refused; raised in the program as an exception of this kind."""

    def __init__(self, kind: Literal["TypeError", "ValueError", "LookupError"], message: str) -> None:
        super().__init__(message)
        self.kind = kind


def tool_arguments(method: str, args: tuple[Any, ...]) -> tuple[Plain, ...]:
    """Return the checked arguments of a tool method. Raises BadArgument."""
    checks = _CHECKS.get(method)
    if checks is None or len(checks) != len(args):
        raise BadArgument("TypeError", f"ImagePatch has no method {method!r} with {len(args)} arguments")
    return tuple(check(method, value) for check, value in zip(checks, args, strict=True))


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


_CHECKS: dict[str, tuple[Callable[[str, Any], Plain], ...]] = {
    "find": (_text,),
    "exists": (_text,),
    "verify_property": (_text, _text),
    "simple_query": (_text,),
    "best_text_match": (_texts,),
    "compute_depth": (),
}
