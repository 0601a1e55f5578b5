"""Pictures as inputs: prepared alone, batched by shape."""

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor

from vpd.tools.transformers.pixels import batches, padding_of


class Masked:
    def forward(self, pixel_values, pixel_mask=None): ...


class Unmasked:
    def forward(self, pixel_values): ...


def noise(*sizes):
    random = np.random.default_rng(0)
    return [Image.fromarray(random.integers(0, 256, (h, w, 3)).astype(np.uint8)) for w, h in sizes]


@pytest.fixture
def processor(models):
    return AutoImageProcessor.from_pretrained(models["detr"], backend="pil")


def test_a_model_with_a_mask_gets_every_picture_at_one_size(processor):
    images = noise((50, 30), (30, 90), (64, 64))
    [(numbers, tensors)] = batches(processor, images, **padding_of(processor, Masked()))
    assert numbers == [0, 1, 2]
    assert tensors["pixel_values"].shape == (3, 3, 106, 106)
    sides = [(int(mask[0].sum()), int(mask[:, 0].sum())) for mask in tensors["pixel_mask"]]
    assert sides == [(106, 64), (35, 106), (64, 64)]


def test_a_model_without_a_mask_gets_no_padding_and_pictures_of_one_size_together(processor):
    images = noise((50, 30), (64, 64), (50, 30), (100, 60))
    found = list(batches(processor, images, **padding_of(processor, Unmasked())))
    assert [numbers for numbers, _ in found] == [[0, 2, 3], [1]]
    assert "pixel_mask" not in found[0][1]


def test_what_a_picture_becomes_does_not_depend_on_those_beside_it(processor):
    images = noise((50, 30), (30, 90), (200, 64))
    options = padding_of(processor, Masked())
    [(_, together)] = batches(processor, images, **options)
    for number, image in enumerate(images):
        [(_, alone)] = batches(processor, [image], **options)
        assert all(torch.equal(together[key][number], alone[key][0]) for key in together)


def test_a_picture_that_is_asked_about_several_times_is_prepared_once(processor):
    first, second = noise((50, 30), (30, 50))
    seen = []

    def counting(image, **options):
        seen.append(image)
        return processor(image, **options)

    [(numbers, tensors)] = batches(counting, [first, second, first], **padding_of(processor, Masked()))
    assert len(seen) == 2
    assert numbers == [0, 1, 2]
    assert torch.equal(tensors["pixel_values"][0], tensors["pixel_values"][2])
    assert not torch.equal(tensors["pixel_values"][0], tensors["pixel_values"][1])
