"""The real classifier, converted from the package's weights, on real photographs and against PyTorch."""

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage
import torch
import torch.nn.functional as F

from vpd.geometry import Box
from vpd.tools.onnx.from_lite2 import HALVING, convert
from vpd.tools.onnx.lite2 import CLASSES, LITE2, SIDE
from vpd.tools.onnx.session import Session
from vpd.tools.photos.imagenet import LABELS
from vpd.tools.protocol import Picture

PHOTOS = Path(skimage.__file__).parent / "data"


def in_pytorch(weights, x):
    """Return the probabilities, with normalisation as its own step and TensorFlow's padding by hand."""

    def layer(x, conv, norm, stride=1, groups=1):
        size = weights[f"{conv}.weight"].shape[-1]
        lacking = max((-(-x.shape[-1] // stride) - 1) * stride + size - x.shape[-1], 0)
        x = F.pad(x, (lacking // 2, lacking - lacking // 2) * 2)
        x = F.conv2d(x, weights[f"{conv}.weight"], stride=stride, groups=groups)
        mean, spread = weights[f"{norm}.running_mean"], weights[f"{norm}.running_var"]
        return F.batch_norm(x, mean, spread, weights[f"{norm}.weight"], weights[f"{norm}.bias"], eps=1e-3)

    x = F.relu6(layer(x, "_conv_stem", "_bn0", 2))
    for number in range(21):
        block, inner = f"_blocks.{number}", x
        if number:  # the first block does not expand
            inner = F.relu6(layer(x, f"{block}._expand_conv", f"{block}._bn0"))
        stride = 2 if number in HALVING else 1
        inner = F.relu6(layer(inner, f"{block}._depthwise_conv", f"{block}._bn1", stride, inner.shape[1]))
        made = layer(inner, f"{block}._project_conv", f"{block}._bn2")
        x = made + x if made.shape == x.shape else made
    x = F.relu6(layer(x, "_conv_head", "_bn1")).mean((2, 3))
    return F.softmax(F.linear(x, weights["_fc.weight"], weights["_fc.bias"]), 1)


def test_converted_network_computes_what_pytorch_does(lite2_file):
    [pth] = LITE2.origin.installed
    weights = torch.load(pth, weights_only=True)
    x = np.random.default_rng(1).uniform(-1, 1, (1, 3, SIDE, SIDE)).astype(np.float32)
    [found] = Session(lite2_file, 1).run({"image": x})
    np.testing.assert_allclose(found, in_pytorch(weights, torch.from_numpy(x)).numpy(), atol=1e-5)


def test_converting_twice_gives_the_pinned_bytes(lite2_file, tmp_path):
    convert(LITE2.origin.installed, tmp_path / "again.onnx")
    for file in (lite2_file, tmp_path / "again.onnx"):
        assert hashlib.sha256(file.read_bytes()).hexdigest() == LITE2.sha256
    assert lite2_file.stat().st_size == LITE2.size


@pytest.mark.parametrize(
    ("file", "name", "least"),
    [
        ("chelsea.png", "cat", 0.7),
        ("coffee.png", "espresso", 0.7),
        ("motorcycle_left.png", "motor scooter", 0.1),
    ],
)
def test_look_names_what_a_photograph_shows(lite2, file, name, least):
    pixels = np.asarray(cv2.imread(str(PHOTOS / file), cv2.IMREAD_COLOR_RGB))
    seen = lite2.look(Picture(file, pixels), Box(0, 0, pixels.shape[1], pixels.shape[0]))
    best = LABELS[int(seen.argmax())]
    assert name in (best.everyday, *best.names)
    assert seen.max() > least
    assert seen.sum() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize("size", [(1, 1), (50, 20000), (3, 2)])
def test_look_at_pictures_of_odd_sizes_gives_probabilities(lite2, size):
    picture = Picture("odd", np.full((*size, 3), 90, np.uint8))
    seen = lite2.look(picture, Box(0, 0, picture.width, picture.height))
    assert seen.shape == (CLASSES,)
    assert seen.sum() == pytest.approx(1, abs=1e-4)
    for nothing in (Box(0, 0, 0, 0), Box(99_999, 0, 100_000, 9)):
        assert not lite2.look(picture, nothing).any()


def test_imagenet_has_a_label_for_every_class():
    assert len(LABELS) == CLASSES
    assert [LABELS[n].names[0] for n in (0, 282, 999)] == ["tench", "tiger cat", "toilet tissue"]
    assert sum(label.everyday == "dog" for label in LABELS[151:269]) == 118
