"""Convert EfficientNet-Lite2's PyTorch weights to ONNX: the layers are written out, no model code is run.

Tan and Le, EfficientNet (ICML 2019), in the variant for small devices: no squeeze-and-excitation, ReLU6,
padding as in TensorFlow. Normalisation is folded into the convolutions; the output is probabilities.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpd.tools.onnx.graph import Graph

Floats = NDArray[np.float32]
Weights = Mapping[str, Floats]

SIDE = 260
CLASSES = 1000
BLOCKS = 21
HALVING = frozenset({1, 4, 7, 15})  # the blocks that halve width and height, as the stem does
EPSILON = 1e-3  # of the batch normalisation, as in training


def convert(sources: Sequence[Path], target: Path) -> None:
    """Write the ONNX file of the one .pth file of weights.

    Input "image", (1, 3, SIDE, SIDE); output "probabilities", (1, CLASSES). Raises KeyError or ValueError for
    another model's weights.
    """
    import torch

    [file] = sources
    state = torch.load(file, map_location="cpu", weights_only=True)
    weights = {name: tensor.numpy() for name, tensor in state.items()}
    graph = Graph("efficientnet-lite2", "image", (1, 3, SIDE, SIDE))
    x = _relu6(graph, _convolved(graph, weights, "image", "_conv_stem", "_bn0", stride=2))
    for number in range(BLOCKS):
        x = _block(graph, weights, x, f"_blocks.{number}", stride=2 if number in HALVING else 1)
    x = _relu6(graph, _convolved(graph, weights, x, "_conv_head", "_bn1"))
    [pooled] = graph.add("GlobalAveragePool", x)
    [flat] = graph.add("Flatten", pooled)
    [logits] = graph.add("Gemm", flat, weights["_fc.weight"], weights["_fc.bias"], transB=1)
    [probabilities] = graph.add("Softmax", logits, axis=1)
    graph.save(target, {"probabilities": (probabilities, (1, CLASSES))})


def _block(graph: Graph, weights: Weights, x: str, name: str, stride: int) -> str:
    """Add an inverted bottleneck: expand, filter each channel, project; with a way around if it fits."""
    inner, channels = x, len(weights[f"{name}._depthwise_conv.weight"])
    if f"{name}._expand_conv.weight" in weights:
        channels = weights[f"{name}._expand_conv.weight"].shape[1]
        inner = _relu6(graph, _convolved(graph, weights, x, f"{name}._expand_conv", f"{name}._bn0"))
    inner = _convolved(graph, weights, inner, f"{name}._depthwise_conv", f"{name}._bn1", stride, each=True)
    made = _convolved(graph, weights, _relu6(graph, inner), f"{name}._project_conv", f"{name}._bn2")
    around = stride == 1 and len(weights[f"{name}._project_conv.weight"]) == channels
    return graph.add("Add", made, x)[0] if around else made


def _convolved(
    graph: Graph, weights: Weights, x: str, layer: str, norm: str, stride: int = 1, each: bool = False
) -> str:
    """Add a convolution with its normalisation folded in; `each`: every channel by itself."""
    kernel = weights[f"{layer}.weight"]
    scale = weights[f"{norm}.weight"] / np.sqrt(weights[f"{norm}.running_var"] + np.float32(EPSILON))
    bias = weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale
    groups = len(kernel) if each else 1
    folded = kernel * scale[:, None, None, None]
    return graph.add("Conv", x, folded, bias, strides=[stride, stride], group=groups, auto_pad="SAME_UPPER")[
        0
    ]


def _relu6(graph: Graph, x: str) -> str:
    return graph.add("Clip", x, np.array(0, np.float32), np.array(6, np.float32))[0]
