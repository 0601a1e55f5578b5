"""Sentences that say of several objects what holds of which: all of them, none of them, these, 2 of the 3."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from vpd.execution.trace import PatchRef
from vpd.rationale.nouns import noun, plural
from vpd.rationale.telling.forms import Phrasing
from vpd.rationale.telling.naming import Naming

MOST_BOXES = 10  # a longer list of boxes is left out: nobody reads it and no small model learns it


@dataclass(frozen=True)
class Verb:
    """What is said of objects, after their name: of one and of many, that it holds and that it does not."""

    one: str
    many: str
    one_not: str
    many_not: str

    @staticmethod
    def be(one: str, many: str) -> "Verb":
        """Return the verb for what one object is, and what many are."""
        return Verb(f"is {one}", f"are {many}", f"is not {one}", f"are not {many}")

    def of(self, count: int, *, holds: bool) -> str:
        """Return what is said of so many objects."""
        if count == 1:
            return self.one if holds else self.one_not
        return self.many if holds else self.many_not


@dataclass(frozen=True)
class Quantifier:
    """Says which of some objects a verb holds of; `counted` are the numbers that the program goes on with."""

    naming: Naming
    phrase: Phrasing
    counted: Collection[float]

    def say(
        self, patches: Sequence[PatchRef], holds: Mapping[PatchRef, bool], wanted: bool, verb: Verb
    ) -> list[str]:
        """Say of which patches of one name it is as wanted, or that it is of none."""
        some = [p for p in patches if holds[p] is wanted]
        slots = {"count": len(patches), "names": plural(noun(patches[0].name))}
        complete = len(patches) > 1 and self.naming.are_all(patches, patches[0].name)
        if complete and len(some) in (0, len(patches)):
            form = "all" if holds[patches[0]] else "none"
            return [self.phrase(form, **slots, singular=verb.one, plural=verb.many)]
        if not some:
            return [f"{self.naming.the(patches)} {verb.of(len(patches), holds=not wanted)}"]
        said = []
        if len(some) <= MOST_BOXES or not complete:
            said.append(f"{self.naming.the(some)} {verb.of(len(some), holds=wanted)}")
        if complete and (not said or (len(some) > 1 and len(some) in self.counted)):
            last = verb.of(len(some), holds=wanted)
            said.append(self.phrase("some", **slots, some=len(some), verb=last))
        return said
