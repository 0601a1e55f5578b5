"""Pictures are decoded once, within a budget of memory."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from vpd.errors import StoreError
from vpd.execution.pictures import Pictures
from vpd.store import ArtifactStore


def stored(store: ArtifactStore, shade: int) -> str:
    buffer = io.BytesIO()
    Image.fromarray(np.full((10, 20, 3), shade, np.uint8)).save(buffer, "PNG")
    return store.put_blob(buffer.getvalue())


def test_pictures_within_the_budget_are_decoded_once(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    ids = [stored(store, shade) for shade in range(3)]
    pictures = Pictures(store, budget=2 * 600)
    one, two = pictures.get(ids[0]), pictures.get(ids[1])
    assert pictures.get(ids[0]) is one
    pictures.get(ids[2])
    assert pictures.get(ids[0]) is one
    assert pictures.get(ids[1]) is not two
    assert pictures.get(ids[1]).pixels[0, 0].tolist() == [1, 1, 1]


def test_pictures_one_picture_larger_than_the_budget_is_kept_while_it_is_used(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    image_id = stored(store, 7)
    pictures = Pictures(store, budget=1)
    assert pictures.get(image_id) is pictures.get(image_id)


def test_pictures_blob_that_is_no_picture_is_a_clear_error(tmp_path: Path) -> None:
    store = ArtifactStore.open(str(tmp_path))
    image_id = store.put_blob(b"a letter")
    with pytest.raises(StoreError, match=image_id):
        Pictures(store).get(image_id)
