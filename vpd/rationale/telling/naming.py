"""How a rationale names objects: by what they were searched as, with boxes [left top right bottom] on the
0-1000 grid wherever the name alone could mean another one.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from vpd.execution.trace import PatchRef, TraceEvent
from vpd.geometry import Box
from vpd.rationale.nouns import SHAPES, name_key, noun, plural, singular, with_article

_ATTRIBUTES = ("color", "shape", "size", "material")
_ASKING = ("what", "which", "of", "is", "does", "have", "has", "the", "this", "that", "it", "its", "a", "an")
_SPARE = frozenset((*_ASKING, "object", "thing", "one"))


class Naming:
    """The objects of one run, by the names under which they were found."""

    def __init__(self, events: Iterable[TraceEvent], width: int, height: int) -> None:
        self.picture = Box(0, 0, width, height)
        self._known: dict[str, set[Box]] = defaultdict(set)
        for event in events:
            if event.kind == "tool" and isinstance(event.value, tuple):
                for patch in event.value:
                    if isinstance(patch, PatchRef):
                        self._known[name_key(patch.name)].add(patch.box)

    def is_picture(self, patch: PatchRef) -> bool:
        """Tell whether a patch is the whole picture."""
        return patch.box == self.picture

    def is_known(self, patch: PatchRef) -> bool:
        """Tell whether a patch is an object that was found by its name."""
        return patch.box in self._known[name_key(patch.name)]

    def are_all(self, patches: Iterable[PatchRef], name: str) -> bool:
        """Tell whether patches are all the objects that were found by a name."""
        return {p.box for p in patches} == self._known[name_key(name)]

    def the(self, patches: Sequence[PatchRef]) -> str | None:
        """Refer to patches of one name, with boxes unless the name alone is clear; None if not known."""
        if self.is_picture(patches[0]):
            return "the picture"
        if not all(map(self.is_known, patches)):
            return None
        name = noun(patches[0].name)
        if len(self._known[name_key(name)]) == 1:
            return f"the {name}"
        return f"the {name if len(patches) == 1 else plural(name)} at {self.boxes(patches)}"

    def the_region(self, patches: Sequence[PatchRef]) -> str:
        """Refer to patches, the first by its box alone if it is no known object."""
        return self.the(patches) or f"the region {self.boxes(patches[:1])}"

    def boxes(self, patches: Iterable[PatchRef]) -> str:
        """Return the boxes of patches: "[0 0 500 500], [..] and [..]"."""
        grids = [p.box.on_grid(self.picture.width, self.picture.height) for p in patches]
        return listed([f"[{' '.join(map(str, grid))}]" for grid in grids])


def listed(items: Sequence[str]) -> str:
    """Return items as a list in a sentence: "a, b and c"."""
    *most, last = items
    return f"{', '.join(most)} and {last}" if most else last


def by_name(patches: Iterable[PatchRef]) -> list[list[PatchRef]]:
    """Return patches in groups of one name, each box once."""
    grouped: dict[str, dict[Box, PatchRef]] = defaultdict(dict)
    for patch in patches:
        grouped[name_key(patch.name)].setdefault(patch.box, patch)
    return [list(group.values()) for group in grouped.values()]


def attribute_of(question: str, *names: str) -> str | None:
    """Return the attribute that "What color is the cube?" asks for, if that is all the question asks."""
    words = re.findall(r"\w+", question.lower().replace("colour", "color"))
    asked = [w for w in words if w in _ATTRIBUTES]
    spare = set(words) - _SPARE - set(asked) - {word for name in names for word in noun(name).split()}
    return asked[0] if len(asked) == 1 and not spare else None


def quality(prop: str, count: int) -> str:
    """Return a property as what `count` objects are: "red", "a cube", "cubes"."""
    if singular(prop) not in SHAPES:
        return prop
    return with_article(prop) if count == 1 else plural(prop)
