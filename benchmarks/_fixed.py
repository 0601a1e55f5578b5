"""The tools for photographs with the same worked examples for every question: what choosing is held against.

Six of the library, spread over it, so that no form of question is left out more than another.
"""

from dataclasses import replace

from vpd.tools.toolset import PHOTOS as _PHOTOS

SHOWN = 6


PHOTOS = replace(_PHOTOS, examples=_PHOTOS.examples[:: -(-len(_PHOTOS.examples) // SHOWN)][:SHOWN])
