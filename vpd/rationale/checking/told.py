"""The sentences of methods that bring their own (`vpd.tools.methods.Method.says`), as claims.

A template is read backwards into a pattern; what stands in its slots is held against the calls in the trace.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from string import Formatter

from vpd.execution.trace import Value
from vpd.rationale.checking.facts import Facts
from vpd.rationale.checking.references import BOX, REF, Reference, refer
from vpd.rationale.checking.stated import Stated, Told
from vpd.scoring.normalize import normalize
from vpd.tools.methods import Method

Check = Callable[[re.Match[str], Facts], Stated | None]


def told_claims(methods: Mapping[str, Method]) -> Iterator[tuple[re.Pattern[str], Check]]:
    """Yield the sentences of methods that have their own, read backwards from their templates."""
    for method in methods.values():
        if method.says:
            yield _pattern(method.says), partial(_told, method, denied=False)
        if method.denies:
            yield _pattern(method.denies), partial(_told, method, denied=True)


@cache
def _pattern(template: str) -> re.Pattern[str]:
    pattern, seen = "", set[str]()
    for text, slot, _, _ in Formatter().parse(template):
        pattern += re.escape(text.lower())
        if slot in seen:
            pattern += f"(?P={slot})"
        elif slot:
            seen.add(slot)
            pattern += rf"(?P<patch>{REF}|the region {BOX})" if slot == "patch" else f"(?P<{slot}>.*?)"
    return re.compile(pattern)


def _told(method: Method, match: re.Match[str], facts: Facts, *, denied: bool) -> Stated | None:
    """ "The text in the sign is "stop"": what a tool told, in the method's own sentence."""
    said = match.groupdict()
    place = said.pop("patch", None)
    at = refer(place, facts) if place else Reference((), 0)
    stated = set[Told]()
    for name, box, args, value in facts.told:
        fits = not value if denied else bool(value) or not method.denies
        if name != method.name or not fits or (place and box not in at.boxes):
            continue
        told = dict(zip((*method.parameters, "value"), map(_text, (*args, value)), strict=True))
        if all(told[slot] == _text(text) for slot, text in said.items()):
            stated.add(Told(name, box, args))
    everywhere = at.whole and {fact.box for fact in stated} >= set(at.boxes)
    return at.spoken | stated if stated and (everywhere or not place) else None


def _text(value: Value) -> str:
    if isinstance(value, tuple):
        return normalize(" ".join(map(_text, value)))
    return f"{value:g}" if isinstance(value, int | float) else normalize(str(value))
