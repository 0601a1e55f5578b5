"""Turns the notes of a run into sentences. A note that cannot be put so that it is true and clear gives none.

Not here: comparisons (`vpd.rationale.telling.contrasts`), the words (`vpd.rationale.telling.forms`), how
objects are named (`vpd.rationale.telling.naming`).
"""

from collections.abc import Collection, Iterable

from vpd.execution.trace import PatchRef, Value
from vpd.rationale.nouns import noun, plural, with_article
from vpd.rationale.reading.notes import About, Exists, Found, Note, Property, Replies, Told
from vpd.rationale.telling.contrasts import Contrasts
from vpd.rationale.telling.forms import Phrasing
from vpd.rationale.telling.naming import Naming, attribute_of, by_name, quality
from vpd.rationale.telling.quantified import MOST_BOXES, Quantifier, Verb
from vpd.scoring.normalize import normalize


class Speaker:
    """Says notes; `counted` are the numbers that the program goes on with."""

    def __init__(self, naming: Naming, phrase: Phrasing, counted: Collection[float]) -> None:
        self._naming = naming
        self._phrase = phrase
        self._quantifier = Quantifier(naming, phrase, counted)
        self._contrasts = Contrasts(naming, phrase, self._quantifier)

    def say(self, note: Note) -> list[str]:
        """Return the sentences of a note, each with its full stop."""
        found = self._about(note) if isinstance(note, About) else self._contrasts.say(note)
        return [f"{said[0].upper()}{said[1:]}." for said in found if said is not None]

    def _about(self, note: About) -> Iterable[str | None]:
        match note:
            case Found():
                return [self._found(note)]
            case Exists(region, name, there):
                slots = {"what": with_article(name), "name": noun(name)}
                return [self._in(region, "there" if there else "not there", **slots)]
            case Property():
                return self._property(note)
            case Replies():
                return self._replies(note)
            case Told():
                return [self._told(note)]

    def _found(self, note: Found) -> str:
        count, name = len(note.patches), noun(note.name)
        if not count:
            return self._in(note.region, "nothing", name=name)
        what = with_article(name) if count == 1 else f"{count} {plural(name)}"
        if count > MOST_BOXES:
            return self._in(note.region, "found many", what=what)
        there = "is" if count == 1 else "are"
        return self._in(note.region, "found", what=what, is_=there, boxes=self._naming.boxes(note.patches))

    def _in(self, region: PatchRef, form: str, **slots: object) -> str:
        if self._naming.is_picture(region):
            return self._phrase(form, **slots)
        return self._phrase(f"{form} in", **slots, region=self._naming.boxes([region]))

    def _property(self, note: Property) -> list[str]:
        """Say for which patches the program found the result it looked for, or that it found none."""
        sentences = []
        for patch in (p for p in note.holds if not self._naming.is_known(p)):
            picture = self._naming.is_picture(patch)
            where = "the picture" if picture else self._naming.boxes([patch])
            holds = "is" if note.holds[patch] else "is not"
            sentences.append(f"in {where}, the {noun(note.name)} {holds} {quality(note.prop, 1)}")
        verb = Verb.be(quality(note.prop, 1), quality(note.prop, 2))
        for patches in by_name(p for p in note.holds if self._naming.is_known(p)):
            sentences += self._quantifier.say(patches, note.holds, note.wanted, verb)
        return sentences

    def _replies(self, note: Replies) -> list[str]:
        """Say the reply of each patch; patches of one name with one reply share a sentence."""
        sentences = []
        for patches in by_name(note.replies):
            for reply in dict.fromkeys(note.replies[p] for p in patches):
                same = [p for p in patches if note.replies[p] == reply]
                known = all(map(self._naming.is_known, same))
                for group in [same] if known else [[p] for p in same]:
                    sentences += [self._reply(note.question, group, reply)] if reply else []
        return sentences

    def _reply(self, question: str | None, patches: list[PatchRef], reply: str) -> str:
        one = len(patches) == 1
        slots = {"subject": self._naming.the_region(patches), "reply": reply}
        if question is None:
            return self._phrase("match", **slots, matches="matches" if one else "match")
        attribute = attribute_of(question, patches[0].name)
        if attribute is not None:
            return self._phrase("attribute", **slots, attribute=attribute, has="has" if one else "have")
        return self._phrase("reply", **slots, question=" ".join(question.split()))

    def _told(self, note: Told) -> str:
        """Fill in the method's own sentence."""
        template = note.method.denies if note.method.denies and not note.value else note.method.says
        slots = dict(zip(note.method.parameters, map(_argument, note.args), strict=True))
        if note.patch is not None:
            slots["patch"] = self._naming.the_region([note.patch])
        return template.format(**slots, value=_answer(note.value))


def _argument(value: Value) -> str:
    """Return an argument as a sentence of a method has it."""
    if isinstance(value, tuple):
        return ", ".join(map(_argument, value))
    return _quotable(value) if isinstance(value, str) else _answer(value)


def _answer(value: Value) -> str:
    """Return an answer as a sentence of a method has it."""
    return f"{value:g}" if isinstance(value, int | float) else _quotable(normalize(str(value)))


def _quotable(text: str) -> str:
    return " ".join(text.replace('"', "'").split())
