"""The memory of what models saw."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from vpd.geometry import Box
from vpd.tools.photos.seeing import Remembering
from vpd.tools.protocol import Picture

A, B, C = Box(0, 0, 1, 1), Box(0, 0, 2, 2), Box(0, 0, 3, 3)


class Counting:
    """A model that counts its looks; it fails the first time if told to."""

    version, memory_bytes = "counting", 7

    def __init__(self, fails=False):
        self.looked, self.fails, self.lock = [], fails, threading.Lock()

    def look(self, picture, region):
        with self.lock:
            self.looked.append((picture.image_id, region))
            if self.fails:
                self.fails = False
                raise ValueError("dazzled")
        return picture.image_id, region


def picture(name):
    return Picture(name, np.zeros((4, 4, 3), np.uint8))


def test_memory_keeps_the_regions_asked_for_last():
    eye = Counting()
    memory = Remembering(eye, regions=2)
    for region in (A, B, A, C, A, B):
        assert memory.look(picture("p"), region) == ("p", region)
    assert [region for _, region in eye.looked] == [A, B, C, B]  # C made room for itself by B's leaving


def test_memory_tells_pictures_apart():
    eye = Counting()
    memory = Remembering(eye)
    for name in ("p", "q", "p"):
        assert memory.look(picture(name), A) == (name, A)
    assert [name for name, _ in eye.looked] == ["p", "q"]


def test_memory_passes_a_failure_on_and_looks_again_next_time():
    memory = Remembering(Counting(fails=True))
    with pytest.raises(ValueError, match="dazzled"):
        memory.look(picture("p"), A)
    assert memory.look(picture("p"), A) == ("p", A)


def test_threads_that_ask_at_once_share_one_look():
    eye = Counting()
    memory = Remembering(eye, regions=3)
    with ThreadPoolExecutor(16) as threads:
        found = list(threads.map(lambda number: memory.look(picture("p"), (A, B, C)[number % 3]), range(600)))
    assert found == [("p", (A, B, C)[number % 3]) for number in range(600)]
    assert len(eye.looked) == 3


def test_memory_is_of_its_models_version_and_size():
    assert (Remembering(Counting()).version, Remembering(Counting()).memory_bytes) == ("counting", 7)
