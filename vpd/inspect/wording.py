"""How values and steps are written for people, the same in the terminal, in pages and in the Dagster UI.

Questions, programs and what tools say are hostile input. `visible` makes them harmless in a terminal and
legible everywhere; escaping for HTML or for Rich's markup is the caller's.
"""

import unicodedata
from collections.abc import Iterator

from vpd.execution.trace import PatchRef, TraceEvent, Value

_JOINERS = "\u200c\u200d"  # parts of words and of emoji
_HIDDEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def visible(text: str) -> str:
    """Return a text with control characters, also those that turn the direction of writing, as escapes."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c in "\n\t" or not _is_hidden(c) else _escape(c) for c in text)


def _is_hidden(character: str) -> bool:
    return unicodedata.category(character) in _HIDDEN and character not in _JOINERS


def _escape(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shown(value: Value) -> str:
    """Return a value in the notation of traces: a patch is #number, a text stands in quotes."""
    if isinstance(value, PatchRef):
        return f"#{value.number}"
    if isinstance(value, tuple):
        return f"[{', '.join(shown(item) for item in value)}]"
    if isinstance(value, float):
        return f"{value:.4g}"
    return visible(f'"{value}"' if isinstance(value, str) else str(value))


def called(event: TraceEvent) -> str:
    """Return the call of a tool event, such as `#0.find("cube")`."""
    on = f"{shown(event.patch)}." if event.patch else ""
    return f"{on}{event.name}({', '.join(shown(arg) for arg in event.args)})"


def described(event: TraceEvent) -> str:
    """Return one line for one event."""
    if event.kind == "tool":
        return f"{called(event)} → {shown(event.value)}"
    name = visible(event.name)
    if event.kind == "value":
        return f"{name} = {shown(event.value)}"
    if event.kind == "branch":
        return f"{name} is {shown(event.value)}"
    return f"returns {shown(event.value)}"


def patches(value: Value) -> Iterator[PatchRef]:
    """Yield the patches in a value, in order."""
    if isinstance(value, PatchRef):
        yield value
    elif isinstance(value, tuple):
        for part in value:
            yield from patches(part)
