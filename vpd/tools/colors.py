"""Name the colour of a region: each pixel votes for the basic colour term nearest to it in CIELAB.

The eleven basic terms of Berlin and Kay (1969), each with a few sRGB colours that people call so. Only the
middle of a region votes, since its corners seldom show the object. Where black or gray leads, a colour with a
third of its votes goes before it: on a coloured thing they are shadow, windows and tyres. Light is not taken
out: a lemon in the dark is brown.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from vpd.geometry import Box
from vpd.tools.protocol import Picture

_CALLED_SO = {
    "black": ("000000", "1c1c1c", "2b2b30"),
    "white": ("ffffff", "f0f0f0", "e6e4de"),
    "gray": ("808080", "a8a8a8", "5a5a5a", "c4c4c4"),
    "red": ("e00000", "a01018", "c83232", "6e0c12"),
    "orange": ("ff8000", "e8741e", "f59a32", "f55a00", "c87820"),
    "yellow": ("ffff00", "f0d020", "e6c84b"),
    "green": ("00a000", "2e6b2e", "78b450", "1e4620", "96d282"),
    "blue": ("0000ff", "1e3c96", "2846d2", "4682c8", "87bee6", "101c50"),
    "purple": ("800080", "6e3ca0", "a064be", "46205a"),
    "pink": ("ffc0cb", "ff69b4", "e696aa"),
    "brown": ("783c14", "5a3214", "966440", "3c2314"),
}
COLORS = tuple(_CALLED_SO)
_SAME = {"grey": "gray", "violet": "purple"}
_SHADE, _COLORLESS = {"black", "gray"}, {"black", "gray", "white"}
_ENOUGH = 1 / 3  # of shade's votes: so a bus is blue, a motorcycle red, and a dark suit black below a face
_MIDDLE = 0.5  # share of the region's width and height that votes
_MOST_PIXELS = 64  # a side of the middle, at most, is scaled down to this


def _lab(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return CIELAB (n, 3) of RGB pixels (n, 3)."""
    scaled = rgb.reshape(1, -1, 3).astype(np.float32) / 255
    return np.asarray(cv2.cvtColor(scaled, cv2.COLOR_RGB2LAB)[0], np.float32)


_ANCHOR_TERMS = np.array([number for number, term in enumerate(COLORS) for _ in _CALLED_SO[term]])
_COLORFUL = np.array([term not in _COLORLESS for term in COLORS])
_ANCHORS = _lab(
    np.array([list(bytes.fromhex(code)) for codes in _CALLED_SO.values() for code in codes], np.uint8)
)


def known_color(word: str) -> str | None:
    """Return the basic term for a word in lower case, or None if it names no colour."""
    term = _SAME.get(word, word)
    return term if term in _CALLED_SO else None


def color_shares(picture: Picture, region: Box) -> dict[str, float]:
    """Return the share of the votes for every basic term, 0 to 1; they add up to 1."""
    wide, high = _MIDDLE * region.width, _MIDDLE * region.height
    x, y = region.center
    left = min(max(round(x - wide / 2), 0), picture.width - 1)
    top = min(max(round(y - high / 2), 0), picture.height - 1)
    right, bottom = max(round(x + wide / 2), left + 1), max(round(y + high / 2), top + 1)
    pixels = picture.pixels[top:bottom, left:right]
    height, width = (min(side, _MOST_PIXELS) for side in pixels.shape[:2])
    small = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
    distance = np.linalg.norm(_lab(small)[:, None] - _ANCHORS, axis=2)
    votes = np.bincount(_ANCHOR_TERMS[distance.argmin(1)], minlength=len(COLORS)).astype(np.float64)
    votes *= _weights(votes)
    return dict(zip(COLORS, (votes / votes.sum()).tolist(), strict=True))


def _weights(votes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a vote for every term counts."""
    leads = COLORS[int(votes.argmax())] in _SHADE
    less = leads and votes[_COLORFUL].max() >= _ENOUGH * votes.max()
    return np.where(_COLORFUL, 1.0, _ENOUGH if less else 1.0)


def color_name(picture: Picture, region: Box) -> tuple[str, float]:
    """Return the term with the most votes and its share."""
    shares = color_shares(picture, region)
    best = max(shares, key=shares.__getitem__)
    return best, shares[best]
