"""Harmless rewordings undone, and sentences taken apart: "First, we can see two cubes at A and B, and both
cubes are red" is "I find 2 cubes at A and B" and "all 2 cubes are red".

Everything here works on lower-case text and leaves alone what stands within quotes. A rewording that is not
in the table is not undone; then the sentence is not understood, and that is on the safe side.
"""

import re
from collections.abc import Iterator

from vpd.rationale.checking.facts import ATTRIBUTES
from vpd.rationale.checking.references import BOX, NAME, REF
from vpd.rationale.nouns import PLURAL_ONLY

_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
QUOTED = r'"[^"]*"'
MOST_JOINTS = 6  # places in a sentence where clauses may join; more are not tried

_OPENERS = (
    r"first(?:ly)?|second(?:ly)?|third(?:ly)?|then|next|also|finally|now|here|and|but|so|thus|therefore|hence"
    r"|however|additionally|in addition|after that|moreover|as a result|since|because|of these(?=,)"
    r"|looking at the picture"
)
_SEEING = (
    r"(?:i|we|you|one) (?:can )?(?:also )?(?:see|find|found|saw|spot|detect|notice|observe)"
    r"|the picture (?:also )?(?:shows|contains|has)"
)
_NOT_SEEING = (
    r"(?:i|we) (?:also )?(?:do not|cannot|can not|did not) (?:see|find|spot|detect)(?: any| an?)?"
    r"|the picture (?:also )?(?:shows|contains|has) no|there (?:is|are) (?:also )?(?:not any|not an?|no)"
    rf"|(?:{_SEEING}) no"
)
_TAIL = r",? (?:present|either|too|as well)"
_MADE_OF = "metal|rubber|plastic|wood|glass"
_ATTRIBUTE = "|".join(ATTRIBUTES)
_NO_SINGULAR = rf"(?:[\w' -]+ )?(?:{'|'.join(sorted(PLURAL_ONLY))})"
_REWORDINGS = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        # spelling
        (r"\bcolour", "color"),
        (r"\bthe (?:image|photo|photograph|scene)\b", "the picture"),
        (r"n't\b", " not"),
        *((rf"\b{word}\b", str(number)) for number, word in enumerate(_DIGITS)),
        (r"^(?:in total|altogether|overall), ", ""),
        # what was found, and where
        (rf"^in (?:the region )?({BOX}),? ", r"in \1, "),
        (rf"(?:^|(?<=\], ))(?:{_NOT_SEEING}) (?!more|fewer)", "i find no "),
        (
            rf"(?:^|(?<=\], ))(?:{_SEEING}|there (?:is|are)(?: also)?(?= (?:an?|\d+) )(?! \d+ different)) ",
            "i find ",
        ),
        (
            rf"^no ({NAME}?) (?:is present|are present|was found|were found|is found|are found)$",
            r"i find no \1",
        ),
        (rf"^an? ({NAME}?) (?:is present|was found|is found)$", r"there is a \1"),
        (rf"^there are ({_NO_SINGULAR})$", r"there is a \1"),
        (rf"^({_NO_SINGULAR}) are present$", r"there is a \1"),
        (rf"^((?:i find|there is) .*?)(?:{_TAIL}|,? in the picture)+$", r"\1"),
        (rf"^(in {BOX}, i find .*?)(?:{_TAIL})+$", r"\1"),
        (r"^in the picture, (?=i find)", ""),
        (
            r",? (?:which (?:is|are) |that (?:is|are) )?"
            r"(?:located |positioned |situated |found |present )?at (?=\[)",
            " at ",
        ),
        (r" in the picture at (?=\[)", " at "),
        (r"\bi find (?:a single|exactly 1) ", "i find 1 "),
        (rf"^(an?|\d+) ({NAME}) (?:is|are) at (?=\[)", r"i find \1 \2 at "),
        # how many of them
        (r"\bof (?:these|those) ", "of the "),
        (r"^(?:(?:each|every 1) of|all) (?:the|these|those) ", "all of the "),
        (r"^all of (?:the )?(?=\d)", "all "),
        (r"^both (?:of )?(?:the )?", "all 2 "),
        (r"^neither (?:of )?(?:the )?(?:2 )?", "none of the 2 "),
        # what they are like
        (rf"\b(has|have) (?:the|an?) ({_ATTRIBUTE}) of (?!the )", r"\1 the \2 "),
        (rf"\b(is|are) (not )?made of (?=(?:{_MADE_OF})$)", r"\1 \2"),
        # places and sizes
        (r"\b(?:to|on) the (left|right)(?: side| hand side)? of\b", r"\1 of"),
        (r"\bhigher than\b", "above"),
        (r"\blower than\b", "below"),
        (r"\b(?:closer|nearer) than\b", "in front of"),
        (r"\b(?:farther|further)(?: away)? than\b", "behind"),
        (r"\blarger than\b", "bigger than"),
        (r"\b(?:lies|sits|stands|lie|sit|stand) (?=left|right|above|below|in|behind)", "is "),
        (r"\b(?:is|are) (?:located|positioned|situated) (?=left|right|above|below|in|behind)", "is "),
        (r"\bthe closest\b", "the nearest"),
        (r"\bthe (?:furthest|most distant)\b", "the farthest"),
        (r"\bthe highest\b", "the topmost"),
        (r"\bthe largest\b", "the biggest"),
        (r"\bamong the\b", "of the"),
        (r"\boverlaps with\b", "overlaps"),
        # counts
        (rf"^the ({NAME}?) outnumber the ({NAME})", r"there are more \1 than \2"),
        (rf"^the ({NAME}?) are fewer than the ({NAME})", r"there are fewer \1 than \2"),
        (rf"^the ({NAME}?) are as many as the ({NAME})", r"there are as many \1 as \2"),
        (
            rf"^the number of ({NAME}?) is (?:more|greater|larger|higher) than the number of ({NAME})",
            r"there are more \1 than \2",
        ),
        (
            rf"^the number of ({NAME}?) is (?:less|smaller|lower|fewer) than the number of ({NAME})",
            r"there are fewer \1 than \2",
        ),
        (
            rf"^the number of ({NAME}?) is (?:equal to|the same as) the number of ({NAME})",
            r"there are as many \1 as \2",
        ),
        (r"(?<=\d) is (?:greater|larger|bigger) than (?=-?\d)", " is more than "),
        (r"(?<=\d) is (?:smaller|fewer) than (?=-?\d)", " is less than "),
        (r"(?<=\d) equals (?=-?\d)", " is equal to "),
        (rf"\b(\d+) \(({NAME})\)", r"\1 \2"),
        (r"(?<=\w) \+ (?=\d)", " plus "),
        (r"(?<=\w) = (?=-?\d)", " is "),
        (r"(?<=\d) [-−] (?=\d)", " minus "),
        (r"^(?:the|this) (?:total|sum) is (?=\d+ plus \d)", ""),
        (r"^([-\d.]+ (?:plus|minus|and|less) [-\d.]+) (?:gives|is equal to) ", r"\1 is "),
    )
)
_OPENER = re.compile(rf"^(?:(?:{_OPENERS}),? )+")
_JOINT = re.compile(r"(?:[;,]|,? (?:and|while|but|so|whereas))(?= (?!\[))")
_LEADING = re.compile(
    rf"(?P<region>in {BOX}, )?(?P<verb>i find) |(?P<subject>{REF}) (?:is|are|has|have|overlap)"
)
_ELIDED_VERB = re.compile(r"(?:is|are|has|have|does not|do not|overlaps?) ")
_ELIDED_IS = re.compile(r"(?:not|left of|right of|above|below|in front of|behind|to the (?:left|right) of) ")
_ELIDED_FIND = re.compile(r"(?:an?|no|\d+) ")


def reworded(clause: str) -> str:
    """Return a clause in the words of the contract, as far as the table goes."""
    quoted = re.findall(QUOTED, clause)
    text = re.sub(QUOTED, '""', _OPENER.sub("", clause))
    for pattern, replacement in _REWORDINGS:
        text = pattern.sub(replacement, text)
    return re.sub('""', lambda _: quoted.pop(0), text).strip()


def masked(text: str) -> str:
    """Return a text of the same length in which nothing within quotes can be taken for grammar."""
    return re.sub(QUOTED, lambda quoted: f'"{"_" * (len(quoted[0]) - 2)}"', text)


def clauses(sentence: str) -> Iterator[tuple[str, ...]]:
    """Yield the ways to take a sentence apart into clauses, each with the words that it shares put back.

    "I find a cube at A and a cone at B" shares "I find", "The cube is red and left of the cone" its subject.
    """
    joints = [m.span() for m in _JOINT.finditer(masked(sentence))]
    joints = [(start, end) for start, end in joints if not sentence[:start].endswith(("first", "then"))]
    if len(joints) <= MOST_JOINTS:
        for chosen in range(1, 2 ** len(joints)):
            used = [span for number, span in enumerate(joints) if chosen >> number & 1]
            starts, ends = [0, *(end for _, end in used)], [*(start for start, _ in used), len(sentence)]
            yield _completed([sentence[a:b].strip() for a, b in zip(starts, ends, strict=True)])


def _completed(parts: list[str]) -> tuple[str, ...]:
    first, *rest = (reworded(part) for part in parts)
    done = [first]
    for part in rest:
        done.append(_complete(part, done[-1]))
    return tuple(done)


def _complete(clause: str, before: str) -> str:
    """Return a clause with the words that it shares with the one before it."""
    lead = _LEADING.match(before)
    if lead is None:
        return clause
    if lead["subject"]:
        if _ELIDED_VERB.match(clause):
            return f"{lead['subject']} {clause}"
        return f"{lead['subject']} is {clause}" if _ELIDED_IS.match(clause) else clause
    found = f"i find {clause}" if _ELIDED_FIND.match(clause) else clause
    return f"{lead['region']}{found}" if lead["region"] and found.startswith("i find ") else found
