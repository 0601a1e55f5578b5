"""Fingerprints of pictures and the search for near ones, on generated scenes and real photographs."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PillowImage
from PIL import ImageEnhance

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import EASY, FULL
from vpd.fitness.near_duplicates import BYTES, MOST_BITS, Hashes, fingerprint, near_pairs, same_picture

Picture = PillowImage.Image
PHOTOGRAPHS = (
    "astronaut.png",
    "chelsea.png",
    "coffee.png",
    "rocket.jpg",
    "camera.png",
    "motorcycle_left.png",
)


def _jpeg(picture: Picture) -> Picture:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=70)
    return PillowImage.open(io.BytesIO(buffer.getvalue()))


def _scaled(picture: Picture, factor: float) -> Picture:
    return picture.resize((round(picture.width * factor), round(picture.height * factor)))


COPIES: dict[str, Callable[[Picture], Picture]] = {
    "jpeg": _jpeg,
    "half": lambda picture: _scaled(picture, 0.5),
    "double": lambda picture: _scaled(picture, 2),
    "brighter": lambda picture: ImageEnhance.Brightness(picture).enhance(1.1),
    "darker": lambda picture: ImageEnhance.Brightness(picture).enhance(0.9),
    "smaller jpeg": lambda picture: _jpeg(_scaled(picture, 0.7)),
}


@pytest.fixture(scope="module")
def pictures() -> list[Picture]:
    scenes = [generate_scene(level, seed)[1] for level in (EASY, FULL) for seed in range(40)]
    folder = Path(skimage.data.__file__).parent
    files = [*map(io.BytesIO, scenes), *(folder / name for name in PHOTOGRAPHS)]
    return [PillowImage.open(file).convert("RGB") for file in files]


def _hashes(pictures: list[Picture]) -> Hashes:
    found = [fingerprint(picture) for picture in pictures]
    assert None not in found
    return np.frombuffer(b"".join(f for f in found if f), np.uint8).reshape(-1, BYTES)


def test_near_pairs_of_different_pictures_are_none(pictures: list[Picture]) -> None:
    assert near_pairs(_hashes(pictures), np.arange(len(pictures))).shape == (0, 2)


@pytest.mark.parametrize("copy", COPIES)
def test_near_pairs_find_every_copy_in_another_group_and_nothing_else(
    copy: str, pictures: list[Picture]
) -> None:
    copies = [COPIES[copy](picture) for picture in pictures]
    both = np.concatenate([_hashes(pictures), _hashes(copies)])
    pairs = near_pairs(both, np.repeat([0, 1], len(pictures)))
    assert pairs.tolist() == [[n, n + len(pictures)] for n in range(len(pictures))]
    assert all(map(same_picture, pictures, copies))


def test_near_pairs_of_one_group_are_none(pictures: list[Picture]) -> None:
    both = np.concatenate([_hashes(pictures)] * 2)
    assert len(near_pairs(both, np.zeros(len(both), np.uint8))) == 0


def test_near_pairs_of_a_still_camera_leave_out_no_picture() -> None:
    hashes = np.tile(np.arange(BYTES, dtype=np.uint8), (3_000, 1))
    pairs = near_pairs(hashes, (np.arange(3_000) >= 2_400).astype(np.uint8))
    assert set(pairs[:, 1]) == set(range(2_400, 3_000))
    assert len(pairs) < 64 * 3_000


@given(st.integers(0, 2**32), st.integers(0, 40))
def test_near_pairs_are_those_of_few_bits_and_different_groups(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    hashes, groups = rng.integers(0, 256, (count, BYTES), np.uint8), rng.integers(0, 3, count)
    if count > 1:
        hashes[-1] = hashes[0] ^ np.packbits(rng.random(BYTES * 8) < 0.03)
    expected = [
        [a, b]
        for a in range(count)
        for b in range(a + 1, count)
        if groups[a] != groups[b] and np.bitwise_count(hashes[a] ^ hashes[b]).sum() <= MOST_BITS
    ]
    assert near_pairs(hashes, groups).tolist() == expected


def test_fingerprint_of_a_plain_or_tiny_picture_is_none() -> None:
    assert fingerprint(PillowImage.new("RGB", (100, 100), (200, 10, 10))) is None
    noise = np.random.default_rng(0).integers(0, 256, (31, 400, 3), np.uint8)
    assert fingerprint(PillowImage.fromarray(noise)) is None


def test_same_picture_of_one_solid_that_is_another_is_false() -> None:
    # two of 50 million pairs: near by their bits, with a cylinder where the other has a cube
    pictures = [PillowImage.open(io.BytesIO(generate_scene(EASY, seed)[1])) for seed in (3954, 9186)]
    assert len(near_pairs(_hashes(pictures), np.arange(2))) == 1
    assert not same_picture(*pictures)
