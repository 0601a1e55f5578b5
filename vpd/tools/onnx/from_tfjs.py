"""Convert a TF.js graph model (a .json file and its .bin weights) to ONNX, node by node.

Covers the operations of small convolutional detectors, listed in `_OPERATIONS`; integer arithmetic on shapes
is done here and leaves no nodes. A model with any other operation is refused. Not here: control flow,
quantised integers, layers models, grouped convolutions, several inputs.
"""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpd.tools.onnx.graph import Graph

Array = NDArray[Any]
Value = str | Array  # a tensor's name in the graph, or a value known while converting
TO_NCHW, TO_NHWC = (0, 3, 1, 2), (0, 2, 3, 1)
_NOTHING = np.zeros((), np.float32)


def convert(sources: Sequence[Path], target: Path) -> None:
    """Write the ONNX file of a TF.js model, given as its .json file and its only .bin file.

    The input and the outputs keep shapes and names. Raises ValueError for what it does not cover.
    """
    topology, weights = sources
    model = json.loads(topology.read_text(encoding="utf-8"))
    nodes = {node["name"]: Node(node) for node in model["modelTopology"]["node"]}
    [(input_name, _)] = given = _tensors(model["signature"]["inputs"])
    graph = Graph(model.get("format", "tfjs"), input_name, given[0][1])
    values: dict[str, Value] = {input_name: input_name, **_weights(model, weights.read_bytes())}
    outputs = _tensors(model["signature"]["outputs"])
    for name, _ in outputs:
        _compute(name, nodes, values, graph)
    graph.save(target, {name: (_name(values[name]), shape) for name, shape in sorted(outputs)})


class Node:
    """A node of the TF.js graph with its attributes as Python values."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.name: str = written["name"]
        self.op: str = written["op"]
        self.inputs: list[str] = [name.removesuffix(":0") for name in written.get("input", [])]
        self.attributes = {name: _attribute(value) for name, value in written.get("attr", {}).items()}


def _attribute(value: Mapping[str, Any]) -> Any:
    if "list" in value:
        return [int(i) for i in value["list"].get("i", [])]
    if "s" in value:
        return base64.b64decode(value["s"]).decode()
    if "i" in value:
        return int(value["i"])
    return value.get("f", value.get("b"))


def _tensors(signature: Mapping[str, Any]) -> list[tuple[str, list[int]]]:
    """Return names and shapes of a signature's tensors."""
    return [
        (entry["name"].removesuffix(":0"), [int(dim["size"]) for dim in entry["tensorShape"]["dim"]])
        for entry in signature.values()
    ]


def _weights(model: Mapping[str, Any], data: bytes) -> dict[str, Array]:
    """Return the constants by name; half floats become float32."""
    found: dict[str, Array] = {}
    offset = 0
    for entry in (entry for group in model["weightsManifest"] for entry in group["weights"]):
        stored = np.dtype(entry.get("quantization", entry)["dtype"]).newbyteorder("<")
        count = int(np.prod(entry["shape"]))
        flat = np.frombuffer(data, stored, count, offset)
        found[entry["name"]] = flat.reshape(entry["shape"]).astype(entry["dtype"])
        offset += flat.nbytes
    if offset != len(data):
        raise ValueError(f"the weights are {len(data)} bytes, but the model describes {offset}")
    return found


def _compute(name: str, nodes: Mapping[str, Node], values: dict[str, Value], graph: Graph) -> None:
    """Add what a tensor depends on, then the tensor; its value is in `values` afterwards."""
    waiting = [name]
    while waiting:
        current = waiting[-1].partition(":")[0]
        missing = [] if current in values else [i for i in nodes[current].inputs if i not in values]
        waiting += missing
        if missing:
            continue
        waiting.pop()
        if current not in values:
            node = nodes[current]
            made = _operation(node)(graph, node, *(values[i] for i in node.inputs))
            values |= {f"{current}:{number}": value for number, value in enumerate(made)}
            values[current] = made[0]


Operation = Callable[..., Sequence[Value]]


def _operation(node: Node) -> Operation:
    if node.op not in _OPERATIONS:
        raise ValueError(f"{node.name} is a {node.op}; known are {', '.join(sorted(_OPERATIONS))}")
    return _OPERATIONS[node.op]


def _name(value: Value) -> str:
    if not isinstance(value, str):
        raise ValueError("a tensor is constant where one that depends on the input is expected")
    return value


def _known(value: Value) -> Array:
    if isinstance(value, str):
        raise ValueError(f"{value} depends on the input where a constant is expected")
    return value


def _plain(op: str, *attributes: tuple[str, str]) -> Operation:
    """Return an operation that ONNX has, too; attributes by their names here and there."""
    return lambda graph, node, *inputs: graph.add(
        op, *inputs, **{there: node.attributes[here] for here, there in attributes}
    )


def _added(graph: Graph, _node: Node, a: Value, b: Value) -> Sequence[Value]:
    if isinstance(a, str) or isinstance(b, str):
        return graph.add("Add", a, b)
    return [a + b]


def _dense(
    _graph: Graph, _node: Node, indices: Value, size: Value, values: Value, default: Value
) -> list[Value]:
    full = np.full(_known(size), _known(default))
    full[tuple(_known(indices).T)] = _known(values)
    return [full]


def _transposed(graph: Graph, _node: Node, x: Value, order: Value) -> list[str]:
    return graph.add("Transpose", _name(x), perm=_known(order).tolist())


def _padded(graph: Graph, _node: Node, x: Value, edges: Value, fill: Value = _NOTHING) -> list[str]:
    return graph.add("Pad", _name(x), _known(edges).T.reshape(-1).astype(np.int64), _known(fill))


def _reshaped(graph: Graph, _node: Node, x: Value, shape: Value) -> list[str]:
    return graph.add("Reshape", _name(x), _known(shape).astype(np.int64))


def _joined(graph: Graph, _node: Node, *inputs: Value) -> list[str]:
    return graph.add("Concat", *inputs[:-1], axis=int(_known(inputs[-1])))


def _split(graph: Graph, _node: Node, x: Value, sizes: Value, axis: Value) -> Sequence[Value]:
    lengths = _known(sizes)
    if not isinstance(x, str):
        return np.split(x, np.cumsum(lengths)[:-1], int(_known(axis)))
    return graph.add("Split", x, lengths.astype(np.int64), outputs=len(lengths), axis=int(_known(axis)))


def _in_nchw(graph: Graph, x: Value, op: str, *inputs: Value, **attributes: Any) -> list[str]:
    """Add an operation on (batch, height, width, channels) as ONNX's on (batch, channels, height, width)."""
    [turned] = graph.add("Transpose", _name(x), perm=TO_NCHW)
    [made] = graph.add(op, turned, *inputs, **attributes)
    return graph.add("Transpose", made, perm=TO_NHWC)


def _window(node: Node) -> dict[str, Any]:
    """Return the attributes that convolution and pooling share."""
    if node.attributes.get("data_format", "NHWC") != "NHWC":
        raise ValueError(f"{node.name} is in the layout {node.attributes['data_format']}; known is NHWC")
    padding = {"VALID": "VALID", "SAME": "SAME_UPPER"}.get(node.attributes["padding"])
    if padding is None:
        raise ValueError(f"{node.name} has {node.attributes['padding']} padding; known are VALID and SAME")
    return {"auto_pad": padding, "strides": node.attributes["strides"][1:3]}


def _convolved(graph: Graph, node: Node, x: Value, kernel: Value) -> list[str]:
    dilations = node.attributes.get("dilations", [1, 1, 1, 1])[1:3]
    return _in_nchw(
        graph, x, "Conv", _known(kernel).transpose(3, 2, 0, 1), dilations=dilations, **_window(node)
    )


def _pooled(graph: Graph, node: Node, x: Value) -> list[str]:
    return _in_nchw(graph, x, "MaxPool", kernel_shape=node.attributes["ksize"][1:3], **_window(node))


def _resized(graph: Graph, node: Node, x: Value, size: Value) -> list[str]:
    how = "asymmetric"
    if node.attributes.get("align_corners"):
        how = "align_corners"
    elif node.attributes.get("half_pixel_centers"):
        how = "half_pixel"
    return _in_nchw(
        graph, x, "Resize", "", "", _known(size).astype(np.int64),
        axes=[2, 3], mode="linear", coordinate_transformation_mode=how,
    )  # fmt: skip


_OPERATIONS: Mapping[str, Operation] = {
    "Add": _added,
    "AddV2": _added,
    "ConcatV2": _joined,
    "Conv2D": _convolved,
    "Identity": lambda _graph, _node, x: [x],
    "LeakyRelu": _plain("LeakyRelu", ("alpha", "alpha")),
    "MaxPool": _pooled,
    "Pad": _padded,
    "PadV2": _padded,
    "Reshape": _reshaped,
    "ResizeBilinear": _resized,
    "Sigmoid": _plain("Sigmoid"),
    "SparseToDense": _dense,
    "SplitV": _split,
    "Transpose": _transposed,
}
