"""The tool sets with the same worked examples for every question: what choosing them is held against.

Six of each library, spread over it, so that no form of question is left out more than another.
"""

from dataclasses import replace

from vpd.tools.examples import WorkedExample
from vpd.tools.toolset import PHOTOS as _PHOTOS
from vpd.tools.toolset import SCENES as _SCENES

SHOWN = 6


def _spread(library: tuple[WorkedExample, ...]) -> tuple[WorkedExample, ...]:
    return library[:: -(-len(library) // SHOWN)][:SHOWN]


SCENES = replace(_SCENES, examples=_spread(_SCENES.examples))
PHOTOS = replace(_PHOTOS, examples=_spread(_PHOTOS.examples))
