"""Short questions about a region: what is asked, in the forms that language models write.

Understood are questions for colour, name, kind, number, presence, a property, a choice, and what is written.
Anything else is refused: nothing here guesses at language.
"""

import re
from dataclasses import dataclass
from typing import Literal

Asks = Literal["color", "what", "count", "there", "is", "choice", "read"]

_IT = r"(?:it|this|that|these|those|they)"
_PLACE = re.compile(
    r"(?: (?:visible|shown|present|seen|depicted|pictured))?"
    r"(?: here| (?:in|on|of) (?:the|this) (?:image|picture|photo|photograph|patch|scene|region|crop))?$"
)
_TEXT = r"(?:text|writing|words?|letters|sign|label|banner|board|billboard|poster|sticker|plate)"
_FORMS: tuple[tuple[Asks, str], ...] = (
    ("read", rf"what (?:does|do) (?:{_IT}|the {_TEXT}) say"),
    (
        "read",
        rf"what (?:text |words? )?(?:is|are) (?:written|printed)(?: (?:on|in) (?:{_IT}|the {_TEXT}))?",
    ),
    ("read", rf"(?:what is|read) the (?:text|writing|words?)(?: (?:on|in) {_IT})?"),
    ("read", rf"(?:what|which) (?:text|words?) (?:is|are)(?: (?:on|in) {_IT})?"),
    ("color", rf"(?:what|which) colou?rs? (?:is|are) (?:{_IT}|(?P<name>.+))"),
    ("color", rf"what is the colou?r(?: of (?:{_IT}|(?P<name>.+)))?"),
    ("color", r"what is (?:its|(?P<name>.+)'s) colou?r"),
    ("count", r"how many (?P<name>.+?)(?: (?:are|is))?(?: there)?"),
    ("count", r"(?:what is )?the number of (?P<name>.+)"),
    ("there", r"(?:is|are) there (?P<name>.+)"),
    ("what", rf"(?:what|which) (?:kind|type|sort) of (?P<name>.+?) (?:is|are)(?: {_IT})?"),
    ("what", rf"what (?:is|are)(?: (?:{_IT}(?: object| thing)?|the (?:object|thing)|there))?"),
    ("what", rf"(?:what|which) (?P<name>.+?) (?:is|are)(?: {_IT})?"),
    ("choice", rf"(?:is|are) {_IT} (?P<options>.+ or .+)"),
    (
        "choice",
        r"(?:is|are) the (?P<name>.+?) (?P<options>(?:an? )?[\w-]+(?:, (?:an? )?[\w-]+)*,? or .+)",
    ),
    ("is", rf"(?:is|are) {_IT} (?P<value>.+)"),
    ("is", r"(?:is|are) the (?P<name>.+?) (?P<value>an? .+|[\w-]+)"),
)


class UnclearQuestion(Exception):
    """A question of none of the forms."""


@dataclass(frozen=True)
class Question:
    """What is asked.

    name:    of what, or of what kind; None: the thing in the region
    value:   the property or name to check
    options: to choose from
    """

    asks: Asks
    name: str | None = None
    value: str = ""
    options: tuple[str, ...] = ()


def read_question(text: str) -> Question:
    """Read a question. Raises UnclearQuestion."""
    asked = " ".join(text.lower().replace("’", "'").replace("what's", "what is").split()).rstrip(" ?.!")
    asked = _PLACE.sub("", asked)
    for asks, form in _FORMS:
        if match := re.fullmatch(form, asked):
            found = match.groupdict()
            options = tuple(re.split(r",? or |, ", found["options"])) if found.get("options") else ()
            return Question(asks, found.get("name"), found.get("value") or "", options)
    raise UnclearQuestion(
        f"cannot answer {text[:80]!r}; ask for a color, a name or kind, a number, whether there is "
        "something, whether it is something, or what is written"
    )
