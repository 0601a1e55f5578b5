"""Near-duplicate pictures: the same picture saved again, at another size or a little brighter.

A picture becomes 512 bits: the signs of fixed random projections (SimHash; Charikar, STOC 2002) of the steps
between neighbouring cells of its 12 x 12 thumbnail in colour. Even ground adds no step and brightness scales
all of them, so what counts is where things are and what colour they have. The share of bits that differ is
the angle between two pictures over 180 degrees.

Pairs are looked for among pictures that share one of 21 bands of 24 bits (locality-sensitive hashing), not
among all. Whether a pair is one picture is settled by `same_picture` on the two pictures themselves.

Not here: parts of a picture, mirror images, and pictures that are nearly one colour or have a side under 32
pixels, whose steps change with every copy; for these only the same file counts as the same picture.
"""

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PillowImage

BYTES = 64
MOST_BITS = 48
"""Bits of 512 that may differ in a pair.

Measured on 1,500 scenes of each level and 26 photographs: copies (JPEG of quality 70, half or double size,
10% brighter or darker, and all of it at once) differ in 49 bits at most; of 50 million pairs of different
easy scenes 8 differ in 48 or fewer, of 1.1 million pairs of full scenes none in fewer than 126.
"""
MOST_LEVELS = 56.0
"""Levels of 255 that one cell of a 16 x 16 thumbnail may differ by, after the best gain and offset.

Measured: 22 for one of those changes, 50 for JPEG of quality 70 at 0.7 times the size. Of the 8 pairs of easy
scenes it leaves 2, in which the same solids stand in the same places to a few pixels.
"""
_GRID, _CELLS = 12, 16
_SMALLEST = 32  # pixels; measured: copies of smaller pictures differ in up to 142 bits
_PLAIN = 8.0  # levels of 255 between the darkest and the brightest cell of one channel
_BANDS, _BAND_BYTES = 21, 3
_NEIGHBOURS = (
    64  # pictures of one band that a picture is held against, so that a still camera costs no square
)

Hashes = NDArray[np.uint8]
Pairs = NDArray[np.intp]


def fingerprint(picture: PillowImage.Image) -> bytes | None:
    """Return the 64 bytes of a picture; None if it is too small or too plain to have any."""
    if min(picture.size) < _SMALLEST:
        return None
    cells = _cells(picture, _GRID)
    if float(np.ptp(cells, axis=(0, 1)).max()) < _PLAIN:
        return None
    steps = np.concatenate([np.diff(cells, axis=0).ravel(), np.diff(cells, axis=1).ravel()])
    return np.packbits(_projections() @ steps > 0).tobytes()


def same_picture(one: PillowImage.Image, other: PillowImage.Image) -> bool:
    """Tell whether two pictures with near fingerprints show the same everywhere, but for brightness."""
    a, b = _cells(one, _CELLS), _cells(other, _CELLS)
    b = b - b.mean()
    gain = (a * b).sum() / max(float((b * b).sum()), 1.0)
    return float(np.abs(a - a.mean() - gain * b).max()) <= MOST_LEVELS


def near_pairs(hashes: Hashes, groups: NDArray[np.integer]) -> Pairs:
    """Return pairs of near fingerprints in different groups as row numbers, shape (pairs, 2), in order.

    `hashes` has shape (pictures, 64), `groups` (pictures,). Where more than 64 pictures share a band, each is
    held against 64 of them, taken by lot.
    """
    count = len(hashes)
    lots = np.random.default_rng(0).permutation(count)
    mixed, mixed_groups = hashes[lots], groups[lots]
    found = np.empty(0, np.intp)  # first times count plus second: a number for each pair
    for band in range(_BANDS):
        pairs = (np.sort(lots[p], axis=1) for p in _sharing(mixed, mixed_groups, band))
        found = np.sort(np.concatenate([found, *(p[:, 0] * count + p[:, 1] for p in pairs)]))
        found = found[np.diff(found, prepend=-1) > 0]
    return np.stack(np.divmod(found, max(1, count)), axis=1)


def _sharing(hashes: Hashes, groups: NDArray[np.integer], band: int) -> Iterator[Pairs]:
    """Yield pairs of rows of different groups that share a band and differ in few bits."""
    start = band * _BAND_BYTES
    keys = hashes[:, start : start + _BAND_BYTES].astype(np.uint32) @ np.array(
        [1 << 16, 1 << 8, 1], np.uint32
    )
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    for shift in range(1, _NEIGHBOURS + 1):
        alike = keys[shift:] == keys[:-shift]
        if not alike.any():
            return
        pairs = np.stack([order[:-shift][alike], order[shift:][alike]], axis=1)
        pairs = pairs[groups[pairs[:, 0]] != groups[pairs[:, 1]]]
        bits = np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]).sum(axis=1)
        yield pairs[bits <= MOST_BITS]


def _cells(picture: PillowImage.Image, side: int) -> NDArray[np.float32]:
    """Return the mean colours of side x side parts of a picture, shape (side, side, 3), 0 to 255."""
    return np.asarray(picture.convert("RGB").resize((side, side), PillowImage.Resampling.BOX), np.float32)


@lru_cache(maxsize=1)
def _projections() -> NDArray[np.float32]:
    lots = np.random.default_rng(0).standard_normal((BYTES * 8, 2 * 3 * _GRID * (_GRID - 1)))
    return lots.astype(np.float32)
