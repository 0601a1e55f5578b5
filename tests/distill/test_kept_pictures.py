"""Prefixes of pictures that are made once: the same as made together, and no more kept than there is room."""

import io

import pytest
import torch

from tests.distill.families import BUILDERS, SIZES, build, picture
from vpd.distill.adapters.families import adapter_for
from vpd.distill.adapters.protocol import Prefix
from vpd.distill.collate import Collator
from vpd.distill.kept_pictures import KeptPictures


class Counting:
    """An adapter that counts the pictures it is given."""

    def __init__(self) -> None:
        self.adapter = adapter_for(build("llava").processor)
        self.processor, self.end, self.prompt = self.adapter.processor, self.adapter.end, self.adapter.prompt
        self.made = 0

    def pictures(self, images: list) -> Prefix:
        self.made += len(images)
        return self.adapter.pictures(images)


ROOM = 10**9


def files() -> dict[str, bytes]:
    made = {}
    for name in SIZES:
        file = io.BytesIO()
        picture(name).save(file, "PNG")
        made[name] = file.getvalue()
    return made


@pytest.mark.parametrize("family", list(BUILDERS))
def test_kept_pictures_are_what_the_processor_makes_of_all_together(family: str) -> None:
    collate = Collator(build(family).processor)
    together = collate.adapter.pictures([picture(name) for name in SIZES])
    kept = KeptPictures(collate.adapter, collate.pad, ROOM)
    for _ in range(2):
        found = kept.prefix(files())
        assert found.keys() == together.keys()
        for name, tensor in together.items():
            assert found[name].dtype == tensor.dtype
            assert torch.equal(found[name], tensor), name


def test_kept_pictures_are_made_once() -> None:
    adapter = Counting()
    kept = KeptPictures(adapter, 0, ROOM)
    for _ in range(3):
        kept.prefix(files())
    assert adapter.made == len(SIZES)


def test_kept_pictures_take_no_more_room_than_there_is() -> None:
    adapter = Counting()
    size = sum(tensor.nbytes for tensor in adapter.pictures([picture("wide")]).values())
    adapter.made = 0
    kept = KeptPictures(adapter, 0, room=size)
    first = kept.prefix(files())
    again = kept.prefix(files())
    assert adapter.made == 3  # the first was kept, the second had no room
    assert kept.room == 0
    assert all(torch.equal(first[name], again[name]) for name in first)


def test_kept_pictures_changed_by_a_user_stay_as_they_are() -> None:
    kept = KeptPictures(adapter_for(build("llava").processor), 0, ROOM)
    name, file = next(iter(files().items()))
    first = kept.prefix({name: file})
    pixels = first["pixel_values"].clone()
    first["pixel_values"].zero_()
    assert torch.equal(kept.prefix({name: file})["pixel_values"], pixels)
