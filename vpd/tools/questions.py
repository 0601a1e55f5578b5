"""Short questions about the objects of a region: what is asked, and the answer from what was seen.

Understood: colour, shape, size or material of the object ("What color is the small cube?"), "How many NAME",
"Is there a NAME", "Is it PROPERTY", "Is it X or Y". Anything else is refused with a reason: these tools do
not guess at language.
"""

import re
from collections.abc import Sequence

from vpd.tools.names import ATTRIBUTES, Traits, UnknownWordError, attribute_of, known_word, parse_name

# What shows which attribute is asked for; looked through in this order.
_CUES = {
    "color": ("color", "colour", "colors", "colours"),
    "material": ("material", "made", "texture"),
    "size": ("size", "big", "large", "small"),
    "shape": ("shape", "form", "kind", "type", "what", "which", "object", "thing"),
}
_ASKING = ("what", "which", "how", "of", "tell", "name", *_CUES)
WRONG = 2.0  # what a wrong word of an option costs, in right words
_TAIL = r"(?: (?:are|is|do|can|in|on|here|visible|present)\b.*)?$"
_COUNT = re.compile(r"(?:how many|(?:what is )?the number of|count(?: the)?) (.+?)" + _TAIL)
_THERE = re.compile(r"(?:is|are) there (.+?)" + _TAIL)
_IS_IT = re.compile(
    r"(?:is|does) (?:it|this|that|(?:the|this) .*?(?:object|thing|cube|sphere|cylinder|cone)) (.+)$"
)


class UnclearQuestionError(ValueError):
    """The question is none that these tools can answer."""


def answer(question: str, seen: Sequence[Traits]) -> str:
    """Answer from the objects of a region, the one that the region is about first.

    Raises UnknownWordError for a name with unknown words, UnclearQuestionError for what is not understood.
    """
    text = " ".join(re.findall(r"[^\W_]+", question.lower()))
    if count := _COUNT.match(text):
        return str(sum(parse_name(count[1]).fits(t) for t in seen))
    if there := _THERE.match(text):
        return _yes_no(any(parse_name(there[1]).fits(t) for t in seen))
    if not seen:
        raise UnclearQuestionError("there is no object in this patch to answer about")
    if " or " in text:
        options = [w for w in map(known_word, text.split()) if attribute_of(w)]
        return best_option(options[-2:], seen[0])
    if is_it := _IS_IT.match(text):
        return _yes_no(parse_name(is_it[1]).fits(seen[0]))
    attribute = _asked(text)
    if attribute is None:
        raise UnclearQuestionError(f"cannot answer {question!r}; ask for its color, shape, size or material")
    return getattr(_mentioned(text, attribute, seen), attribute) or "unknown"


def best_option(options: Sequence[str], main: Traits) -> str:
    """Return the option that says most that is right and least that is wrong of the object; ties: the first.

    Raises UnknownWordError if no option is in the vocabulary; one that is not never wins.
    """
    scores = [_agreement(option, main) for option in options]
    if not options or max(scores) == float("-inf"):
        raise UnknownWordError(f"none of the options is known: {', '.join(options)}")
    return options[scores.index(max(scores))]


def _agreement(option: str, main: Traits) -> float:
    try:
        name = parse_name(option)
    except UnknownWordError:
        return float("-inf")
    said = [(getattr(name, a), getattr(main, a)) for a in ATTRIBUTES if getattr(name, a)]
    return sum(1.0 if want == have else -WRONG for want, have in said)


def _asked(text: str) -> str | None:
    words = text.split()
    if not words or words[0] not in _ASKING:
        return None
    return next((a for a, cues in _CUES.items() if any(w in cues for w in words)), None)


def _mentioned(text: str, attribute: str, seen: Sequence[Traits]) -> Traits:
    """Return the first object that the words of the question fit, else the first."""
    said = {attribute_of(known_word(w)): known_word(w) for w in text.split()}
    name = Traits(**{a: v for a, v in said.items() if a and a != attribute})
    return next((t for t in seen if name.fits(t)), seen[0])


def _yes_no(value: bool) -> str:
    return "yes" if value else "no"
