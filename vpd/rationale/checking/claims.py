"""What a sentence of a rationale can claim, and whether a trace bears the claim out.

Each form of sentence is one pattern with one check; together they are a controlled English. A sentence of any
other form is not understood, and what is not understood cannot be used. Harmless rewordings are undone first
(`vpd.rationale.checking.wording`), and a sentence of several clauses is read clause by clause.

Not here: how objects are named (`vpd.rationale.checking.references`), sentences that methods bring themselves
(`vpd.rationale.checking.told`), the rationale as a whole (`vpd.rationale.faithful`).
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

from vpd.rationale.checking import comparisons, predicates, searches
from vpd.rationale.checking.facts import ATTRIBUTES, Facts
from vpd.rationale.checking.measures import EXTREMES, HALVES, RELATIONS
from vpd.rationale.checking.references import BOX, BOXES, NAME, REF, ClaimError
from vpd.rationale.checking.stated import Stated
from vpd.rationale.checking.told import told_claims
from vpd.rationale.checking.wording import clauses, reworded

NUMBER = r"-?\d{1,15}(?:\.\d{1,9})?"
WORDS = r'[^\[\]"]+'
LONGEST = 1500  # characters of a sentence that is read; the longest of the template have about 400

Check = Callable[[re.Match[str], Facts], Stated | None]


@dataclass(frozen=True)
class Reading:
    """What a sentence states, or the problem with it."""

    stated: Stated = frozenset()
    problem: str | None = None


def check_sentence(sentence: str, facts: Facts) -> str | None:
    """Return None if some reading of the sentence is true of the trace, else what is wrong with it."""
    return read_sentence(sentence, facts).problem


def read_sentence(sentence: str, facts: Facts) -> Reading:
    """Read a sentence without its full stop: whole if it can be, else as clauses that must all be true."""
    if len(sentence) > LONGEST:
        return Reading(problem=f"it has more than {LONGEST} characters")
    text = sentence.lower()
    whole = _read_clause(text, facts)
    if whole.problem is None:
        return whole
    for parts in clauses(text):
        readings = [_read_clause(part, facts) for part in parts]
        if all(reading.problem is None for reading in readings):
            return Reading(frozenset().union(*(reading.stated for reading in readings)))
    return whole


def _read_clause(clause: str, facts: Facts) -> Reading:
    reading = _read_as_it_is(clause, facts)
    if reading.problem is None or (other := reworded(clause)) == clause:
        return reading
    again = _read_as_it_is(other, facts)
    return again if again.problem is None or reading.problem == NOT_UNDERSTOOD else reading


def _read_as_it_is(clause: str, facts: Facts) -> Reading:
    problem, stated = NOT_UNDERSTOOD, list[Stated]()
    for pattern, check in (*_CLAIMS, *told_claims(facts.methods)):
        match = pattern.fullmatch(clause)
        if match is None:
            continue
        try:
            states = check(match, facts)
        except ClaimError as error:
            problem = str(error)
            continue
        if states is None:
            problem = "the trace does not say so"
        else:
            stated.append(states)
    return Reading(frozenset().union(*stated)) if stated else Reading(problem=problem)


NOT_UNDERSTOOD = "it is not understood"
_IN = rf"(?:in (?P<region>{BOX}), )?"
_SUBJECT = rf"(?P<subject>{REF})"
_OTHER = rf"(?P<other>{REF})"
_WHAT = rf"(?P<no>not )?(?P<what>{WORDS})"
_COUNT = r"(?P<count>\d+|an?)"
_ASKED = rf"(?P<asked>{'|'.join(ATTRIBUTES)})"
_QUOTED = r'"(?P<{}>[^"]*)"'
_ALONG = r"(?:measured )?(?P<along>horizontally|vertically), "
_CLAIMS: tuple[tuple[re.Pattern[str], Check], ...] = tuple(
    (re.compile(pattern), check)
    for pattern, check in (
        (rf"{_IN}(?:i find|there is) no (?P<name>{NAME})", searches.nothing),
        (rf"{_IN}i find {_COUNT} (?P<name>{NAME}?)(?: at (?P<boxes>{BOXES}))?", searches.found),
        (rf"{_IN}there is an? (?P<name>{NAME})", searches.some),
        (
            rf"in (?:the picture|(?P<region>{BOX})), the (?P<name>{NAME}) is {_WHAT}",
            searches.loose_property,
        ),
        (
            rf"{_SUBJECT} is the (?P<extreme>{'|'.join(EXTREMES)})"
            rf" of the (?:(?P<count>\d+) )?(?P<name>{NAME})",
            searches.extreme,
        ),
        (
            rf"of the (?:(?P<count>\d+) )?(?P<name>{NAME}),"
            rf" {_SUBJECT} is the (?P<extreme>{'|'.join(EXTREMES)})",
            searches.extreme,
        ),
        (
            rf"{_ALONG}{_SUBJECT} is the (?:nearest|closest) to (?P<anchor>{REF})"
            rf" of the (?P<count>\d+) (?P<name>{NAME})",
            searches.nearest_to,
        ),
        (
            rf"{_ALONG}{_SUBJECT} is the (?:nearest|closest) of the (?P<count>\d+) (?P<name>{NAME}?)"
            rf" to (?P<anchor>{REF})",
            searches.nearest_to,
        ),
        (rf"{_SUBJECT} (?:is|are) {_WHAT}", predicates.property_of),
        (rf"{_SUBJECT} (?:is|are) (?P<what>{WORDS})", predicates.replied_property),
        (rf"the {_ASKED} of {_SUBJECT} is (?P<reply>{WORDS})", predicates.attribute),
        (rf"{_SUBJECT} (?:has|have) the {_ASKED} (?P<reply>{WORDS})", predicates.attribute),
        (
            rf"for {_SUBJECT}, the answer to {_QUOTED.format('question')} is (?P<reply>{WORDS})",
            predicates.reply,
        ),
        (
            rf"the answer to {_QUOTED.format('question')} for {_SUBJECT} is (?P<reply>{WORDS})",
            predicates.reply,
        ),
        (rf"the best match for {_SUBJECT} is (?P<reply>{WORDS})", predicates.best_match),
        (rf"{_SUBJECT} (?:matches|match) (?P<reply>{WORDS}) best", predicates.best_match),
        (
            rf"{_SUBJECT} (?:is|are) (?P<no>not )?(?P<relation>{'|'.join(RELATIONS)}) {_OTHER}",
            predicates.relation,
        ),
        (
            rf"{_SUBJECT} (?:is|are) (?P<no>not )?in the (?P<half>{'|'.join(HALVES)}) half of the picture",
            predicates.half,
        ),
        (
            rf"{_ALONG}{_SUBJECT} (?:is|are) (?P<no>not )?(?:nearer|closer)"
            rf" to (?P<anchor>{REF}) than {_OTHER}",
            predicates.nearer,
        ),
        (rf"{_SUBJECT} overlaps? {_OTHER}", predicates.overlap),
        (rf"{_SUBJECT} (?P<no>does not|do not) overlap {_OTHER}", predicates.overlap),
        (rf"{_SUBJECT} and {_OTHER} overlap", predicates.overlap),
        (rf"{_SUBJECT} and {_OTHER} (?P<no>do not) overlap", predicates.overlap),
        (
            rf"there are (?P<how>more|fewer|as many) (?P<one>{NAME}) (?:than|as) (?P<other>{NAME})",
            comparisons.more,
        ),
        (
            rf"(?P<one>{NUMBER}) is (?P<how>more|less|equal) (?:than|to) (?P<other>{NUMBER})",
            comparisons.comparison,
        ),
        (
            rf"(?P<one>{NUMBER})(?: (?P<ones>{NAME}?))? (?P<sign>plus|minus|and|less)"
            rf" (?P<other>{NUMBER})(?: (?P<others>{NAME}))? (?:is|makes?|leaves) (?P<result>{NUMBER})",
            comparisons.total,
        ),
        (rf"{_SUBJECT} and {_OTHER} have (?P<how>the same) {_ASKED}", comparisons.same_reply),
        (rf"{_SUBJECT} and {_OTHER} have (?P<how>different) {_ASKED}s", comparisons.same_reply),
        (
            rf"there are (?P<count>\d+) different {_ASKED}s: (?P<replies>{WORDS})",
            comparisons.distinct,
        ),
        (rf"the {_ASKED}s are (?P<replies>{WORDS})", comparisons.distinct),
        (rf"the only {_ASKED} is (?P<replies>{WORDS})", comparisons.distinct),
        (
            rf"the most frequent {_ASKED} is (?P<reply>{WORDS}), with (?P<count>\d+) of (?P<of>\d+)",
            comparisons.most_frequent,
        ),
        (
            rf"(?P<reply>{WORDS}) is the most frequent {_ASKED}, with (?P<count>\d+) of (?P<of>\d+)",
            comparisons.most_frequent,
        ),
        (
            rf"the text {_QUOTED.format('text')} (?:contains|includes|(?P<no>does not) (?:contain|include))"
            rf" {_QUOTED.format('part')}",
            comparisons.contains,
        ),
    )
)
