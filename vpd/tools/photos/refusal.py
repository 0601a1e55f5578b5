"""What the tools for photographs refuse by the arguments alone, whatever the picture; loads no model.

Not here: what they cannot tell of a region (`vpd.tools.photos.view`).
"""

from collections.abc import Callable, Mapping, Sequence

from vpd.tools.colors import known_color
from vpd.tools.methods import Plain
from vpd.tools.photos.names import OutsideVocabulary, detectable, parse_name
from vpd.tools.photos.questions import UnclearQuestion, read_question
from vpd.tools.protocol import ToolFailure


def photo_refusal(method: str, args: tuple[Plain, ...]) -> ToolFailure | None:
    """Return how a method refuses these arguments, or None if it does not."""
    try:
        if method in _CHECKS:
            _CHECKS[method](*args)
    except OutsideVocabulary as error:
        return ToolFailure("vocabulary", str(error))
    except UnclearQuestion as error:
        return ToolFailure("argument", str(error))
    return None


def _property(object_name: str, property: str) -> None:
    parse_name(object_name)
    _color_or_name(property)


def _color_or_name(word: str) -> None:
    if known_color(word.strip().lower()) is None:
        parse_name(word)


def _options(options: Sequence[str]) -> None:
    if not all(known_color(option.strip().lower()) for option in options):
        for option in options:
            parse_name(option)


def _question(question: str) -> None:
    asked = read_question(question)
    if asked.name is not None:
        read = detectable if asked.asks == "count" else parse_name
        read(asked.name)
    if asked.asks == "is":
        _color_or_name(asked.value)
    _options(asked.options)


_CHECKS: Mapping[str, Callable[..., object]] = {
    "find": detectable,
    "exists": parse_name,
    "verify_property": _property,
    "best_text_match": _options,
    "simple_query": _question,
}
