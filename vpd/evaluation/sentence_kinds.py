"""What kind of sentence of a rationale one is, for counting by kind.

The kinds are those of the controlled English of rationales, told apart by a few words each. A sentence of no
known form is "other". Not here: the closing sentence, which is known by its place, and whether a sentence is
true (`vpd.evaluation.truth`).
"""

import re

_REGION = re.compile(r"in \[[^\]]*\], ")
_ATTRIBUTE = "color|shape|size|material"
_NUMBER = r"-?\d+(?:\.\d+)?"

# Looked through in this order.
_KINDS: dict[str, str] = {
    "reply": r'.*the answer to ".*',
    "nothing": r"i (?:find|see) no .*|there is no .*|no .* (?:was found|is present)",
    "more": r"there are (?:more|fewer|as many) .*|the .* (?:outnumber|are fewer than|are as many as) .*",
    "comparison": rf"{_NUMBER} (?:is (?:more|greater|less|smaller) than|is equal to|equals) {_NUMBER}",
    "sum": rf"{_NUMBER} (?:plus|minus|and|less) {_NUMBER} (?:is|make|leaves) {_NUMBER}",
    "distinct": rf"there are \d+ different .*|the (?:{_ATTRIBUTE})s are .*|the only (?:{_ATTRIBUTE}) is .*"
    rf"|.*most frequent (?:{_ATTRIBUTE})[ ,].*",
    "found": r"i (?:find|see) .*|there (?:is|are) .*\[.*|there are .*|the picture shows .*",
    "exists": r"there is an? .*|an? .* is present",
    "match": r"the best match for .*|.* matches .* best",
    "attribute": rf"the (?:{_ATTRIBUTE}) of .*|.* has the (?:{_ATTRIBUTE}) .*",
    "same": r".* have (?:the same|different) .*",
    "share": r"\d+ of the \d+ .*",
    "extreme": r".* is the \w+ (?:to .* )?of the \d+ .*|of the \d+ .*, .* is the \w+",
    "overlap": r".* overlaps? .*|.* (?:do|does) not overlap.*|.* overlap",
    "relation": r".* (?:left of|right of|above|below|in front of|behind|half of the picture|than)(?: .*|$)",
    "property": r".* (?:is|are) .*",
}
_PATTERNS = {kind: re.compile(pattern) for kind, pattern in _KINDS.items()}


def kind_of(sentence: str) -> str:
    """Return the kind of a sentence without its full stop; "other" if it has none of the known forms."""
    words = _REGION.sub("", sentence.lower(), count=1)
    return next((kind for kind, pattern in _PATTERNS.items() if pattern.fullmatch(words)), "other")
