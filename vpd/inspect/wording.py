"""How values and steps are written for people, the same in the terminal, in pages and in the Dagster UI.

Questions, programs and what tools say are hostile input. `visible` makes them harmless in a terminal and
legible everywhere; escaping for HTML or for Rich's markup is the caller's.
"""

import hashlib
import unicodedata
from collections.abc import Iterator

from vpd.execution.trace import PatchRef, TraceEvent, Value

_JOINERS = "\u200c\u200d"  # parts of words and of emoji
_LONGEST_VALUE = 400  # characters
_LONGEST_VERSION = 80
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


def pieces(value: Value) -> Iterator[str | PatchRef]:
    """Yield a value as it is written, brackets and commas too, patches as they are; long ones are cut off."""
    written = 0
    for piece in _all_pieces(value):
        if written >= _LONGEST_VALUE:
            yield "…"
            return
        yield piece
        written += len(piece) if isinstance(piece, str) else 2


def _all_pieces(value: Value) -> Iterator[str | PatchRef]:
    if isinstance(value, PatchRef):
        yield value
    elif isinstance(value, tuple):
        yield "["
        for position, item in enumerate(value):
            yield from (", ",) if position else ()
            yield from _all_pieces(item)
        yield "]"
    elif isinstance(value, str):
        more = "…" if len(value) > _LONGEST_VALUE else ""
        yield visible(f'"{value[:_LONGEST_VALUE]}{more}"')
    else:
        yield f"{value:.4g}" if isinstance(value, float) else str(value)


def version_shown(version: str) -> str:
    """Return the version of tools, a long one as the set's name and a digest of the whole."""
    if len(version) <= _LONGEST_VERSION:
        return visible(version)
    name = visible(version.partition("[")[0])
    return f"{name}[{hashlib.sha256(version.encode()).hexdigest()[:12]}]"


def patch_name(patch: PatchRef) -> str:
    """Return #number, or image for the whole picture."""
    return f"#{patch.number}" if patch.number else "image"


def shown(value: Value) -> str:
    """Return a value in short: patches by `patch_name`, texts in quotes."""
    return "".join(patch_name(p) if isinstance(p, PatchRef) else p for p in pieces(value))


def called(event: TraceEvent) -> str:
    """Return the call of a tool event, such as `image.find("cube")`."""
    on = f"{shown(event.patch)}." if event.patch else ""
    return f"{on}{visible(event.name)}({', '.join(shown(arg) for arg in event.args)})"


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
