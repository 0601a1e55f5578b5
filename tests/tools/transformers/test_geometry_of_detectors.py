"""Boxes through the real processors: a made-up network that sees the white rectangle it is shown."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import AutoImageProcessor, AutoProcessor

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolRequest
from vpd.tools.transformers.closed import ClosedDetector, Vocabulary
from vpd.tools.transformers.detection import Finding
from vpd.tools.transformers.weights import Loaded
from vpd.tools.transformers.zero_shot import ZeroShotDetector

SIDE = 240
KINDS = ("owlv2", "grounding_dino", "detr", "rt_detr")


class SeesWhite:
    """Gives the white area's box relative to the whole input, or to what its mask says is no padding."""

    device, dtype = torch.device("cpu"), torch.float32
    config = SimpleNamespace(text_config=SimpleNamespace(max_position_embeddings=16), max_text_len=256)

    def __init__(self, kind):
        self.kind = kind
        self.shapes = []

    def __call__(self, pixel_values, pixel_mask=None, input_ids=None, **_):
        self.shapes.append(tuple(pixel_values.shape))
        masks = torch.ones_like(pixel_values[:, 0]) if pixel_mask is None else pixel_mask
        boxes = torch.stack([self._box(p, m) for p, m in zip(pixel_values, masks, strict=True)])
        # one more class than names means "nothing" for DETR; the others score every class or token by itself
        classes = {"owlv2": 1, "grounding_dino": 4, "detr": 3, "rt_detr": 2}[self.kind]
        logits = torch.full((len(boxes), 1, classes), -9.0)
        logits[..., 1 if classes > 1 else 0] = 9.0
        return SimpleNamespace(logits=logits, pred_boxes=boxes[:, None], input_ids=input_ids)

    def forward(self, pixel_values, pixel_mask=None):
        raise NotImplementedError

    def _box(self, pixels, mask):
        high, wide = int(mask[:, 0].sum()), int(mask[0].sum())
        seen = pixels[0, :high, :wide]
        rows, columns = torch.nonzero(seen > (seen.max() + seen.min()) / 2, as_tuple=True)
        x0, x1 = columns.min() / wide, (columns.max() + 1) / wide
        y0, y1 = rows.min() / high, (rows.max() + 1) / high
        return torch.tensor([(x0 + x1) / 2, (y0 + y1) / 2, x1 - x0, y1 - y0])


@pytest.fixture(scope="module")
def finders(models):
    """The way from requests to boxes by kind, at a resolution at which boxes are worth comparing."""
    found = {}
    for kind in KINDS:
        auto = AutoImageProcessor if kind.endswith("detr") else AutoProcessor
        processor = auto.from_pretrained(models[kind], backend="pil")
        images = getattr(processor, "image_processor", processor)
        edges = images.size.shortest_edge is not None
        images.size = type(images.size)(
            **(
                {"shortest_edge": SIDE, "longest_edge": 2 * SIDE}
                if edges
                else {"height": SIDE, "width": SIDE}
            )
        )
        detector = (
            ClosedDetector(Vocabulary({0: "dog", 1: "cat"}), 0.5)
            if kind.endswith("detr")
            else ZeroShotDetector(kind.replace("_", "-"), 0.5)
        )
        found[kind] = Finding(detector, 0.5), Loaded(SeesWhite(kind), processor)
    return found


def shown(width, height, region, box):
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[int(box.top) : int(box.bottom), int(box.left) : int(box.right)] = 255
    return ToolRequest(Picture("p", pixels), region, ("cat",))


def tolerance(region):
    """Two pixels of the network's input, and one of the picture for the blur between."""
    return 1 + 2 * max(region.width, region.height) / SIDE


def assert_found(answer, region, box):
    [found] = answer.value
    for edge in ("left", "top", "right", "bottom"):
        assert getattr(found.box, edge) == pytest.approx(getattr(box, edge), abs=tolerance(region))
    assert found.confidence > 0.9


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    size=st.tuples(st.integers(60, 400), st.integers(60, 400)),
    start=st.tuples(st.integers(0, 10), st.integers(0, 10)),
    box=st.tuples(st.floats(0.1, 0.5), st.floats(0.1, 0.5), st.floats(0.3, 0.45), st.floats(0.3, 0.45)),
)
def test_a_box_is_where_the_object_is_in_the_picture(finders, kind, size, start, box):
    finding, model = finders[kind]
    region = Box(start[0], start[1], size[0], size[1])
    left, top = region.left + round(box[0] * region.width), region.top + round(box[1] * region.height)
    thing = Box(left, top, left + round(box[2] * region.width), top + round(box[3] * region.height))
    [answer] = finding.answer(model, [shown(*size, region, thing)])
    assert_found(answer, region, thing)


@pytest.mark.parametrize("kind", KINDS)
def test_pictures_of_different_sizes_share_a_batch_and_keep_their_boxes(finders, kind):
    finding, model = finders[kind]
    cases = [
        (200, 100, Box(0, 0, 200, 100), Box(20, 20, 120, 60)),
        (90, 300, Box(0, 0, 90, 300), Box(10, 200, 50, 280)),
        (200, 100, Box(50, 10, 200, 100), Box(80, 30, 140, 80)),
    ]
    model.network.shapes.clear()
    answers = finding.answer(model, [shown(*case) for case in cases])
    for answer, (_, _, region, box) in zip(answers, cases, strict=True):
        assert_found(answer, region, box)
    assert [shape[0] for shape in model.network.shapes] == [3]
