"""A tiny TF.js graph with every operation, converted and run, against the same arithmetic in numpy."""

import base64
import json

import numpy as np
import onnxruntime
import pytest
from numpy.lib.stride_tricks import sliding_window_view

from vpd.tools.onnx.from_tfjs import convert

LOTS = np.random.default_rng(7)
KERNEL = LOTS.normal(size=(3, 3, 2, 4)).astype(np.float16)
SAME_KERNEL = LOTS.normal(size=(3, 3, 4, 4)).astype(np.float32)
BIAS = LOTS.normal(size=4).astype(np.float32)
INPUT = LOTS.normal(size=(1, 2, 10, 10)).astype(np.float32)
CONSTANTS = {
    "to_nhwc": np.int32([0, 2, 3, 1]),
    "edges": np.int32([[0, 0], [1, 2], [1, 2], [0, 0]]),
    "kernel": KERNEL,
    "bias": BIAS,
    "fill": np.float32(-9),
    "same_kernel": SAME_KERNEL,
    "size": np.int32([7, 5]),
    "lengths": np.int32([1, 3]),
    "last": np.int32(3),
    "indices": np.zeros((0, 1), np.int32),
    "three": np.int32([3]),
    "values": np.zeros(0, np.int32),
    "zero": np.int32(0),
    "flat": np.int32([1, 35, 4]),
}


def text(value):
    return {"s": base64.b64encode(value.encode()).decode()}


def numbers(*values):
    return {"list": {"i": [str(v) for v in values]}}


WINDOW = {"data_format": text("NHWC"), "dilations": numbers(1, 1, 1, 1)}
NODES = [
    ("nhwc", "Transpose", ["input", "to_nhwc"], {}),
    ("wider", "Pad", ["nhwc", "edges"], {}),
    ("conv", "Conv2D", ["wider", "kernel"],
     {**WINDOW, "padding": text("VALID"), "strides": numbers(1, 2, 2, 1)}),
    ("biased", "Add", ["conv", "bias"], {}),
    ("leaky", "LeakyRelu", ["biased"], {"alpha": {"f": 0.1}}),
    ("filled", "PadV2", ["leaky", "edges", "fill"], {}),
    ("pool", "MaxPool", ["filled"],
     {"data_format": text("NHWC"), "padding": text("VALID"), "strides": numbers(1, 2, 2, 1),
      "ksize": numbers(1, 3, 3, 1)}),
    ("same", "Conv2D", ["pool", "same_kernel"],
     {**WINDOW, "padding": text("SAME"), "strides": numbers(1, 1, 1, 1)}),
    ("resized", "ResizeBilinear", ["same", "size"], {"half_pixel_centers": {"b": True}}),
    ("parts", "SplitV", ["resized", "lengths", "last"], {"num_split": {"i": "2"}}),
    ("sigmoid", "Sigmoid", ["parts"], {}),
    ("joined", "ConcatV2", ["parts:1", "sigmoid", "last"], {"N": {"i": "2"}}),
    ("nothing", "SparseToDense", ["indices", "three", "values", "zero"], {}),
    ("shape", "AddV2", ["flat", "nothing"], {}),
    ("reshaped", "Reshape", ["joined", "shape"], {}),
    ("output", "Identity", ["reshaped"], {}),
]  # fmt: skip


def stored(value):
    """Return how TF.js describes and keeps a constant; half floats stand for floats."""
    described = {"shape": list(value.shape), "dtype": "int32" if value.dtype == np.int32 else "float32"}
    if value.dtype == np.float16:
        described["quantization"] = {"dtype": "float16", "original_dtype": "float32"}
    return described, value.tobytes()


def write(folder, nodes=NODES, constants=CONSTANTS, shape=(1, 35, 4)):
    """Write a TF.js model; returns its two files."""
    kept = {name: stored(value) for name, value in constants.items()}
    written = [{"name": name, "op": op, "input": i, "attr": a} for name, op, i, a in reversed(nodes)]
    written += [{"name": name, "op": "Const"} for name in constants]

    def tensor(name, sizes):
        return {f"{name}:0": {"name": f"{name}:0", "tensorShape": {"dim": [{"size": str(s)} for s in sizes]}}}

    model = {
        "format": "graph-model",
        "signature": {"inputs": tensor("input", INPUT.shape), "outputs": tensor("output", shape)},
        "modelTopology": {"node": [{"name": "input", "op": "Placeholder"}, *written]},
        "weightsManifest": [
            {"weights": [{"name": name, **described} for name, (described, _) in kept.items()]}
        ],
    }
    files = folder / "model.json", folder / "model.bin"
    files[0].write_text(json.dumps(model))
    files[1].write_bytes(b"".join(data for _, data in kept.values()))
    return files


def convolved(x, kernel, stride):
    """Convolve (height, width, channels) without padding."""
    size = kernel.shape[0]
    windows = sliding_window_view(x, (size, size), axis=(0, 1))[::stride, ::stride]
    return np.einsum("hwcij,ijco->hwo", windows, kernel.astype(np.float32))


def resized(x, high, wide):
    """Resize (height, width, channels) linearly, with pixels' centres at halves."""
    for axis, size in enumerate((high, wide)):
        at = np.clip((np.arange(size) + 0.5) * x.shape[axis] / size - 0.5, 0, x.shape[axis] - 1)
        low = np.floor(at).astype(int)
        part = (at - low).reshape([-1 if a == axis else 1 for a in range(3)])
        above = np.minimum(low + 1, x.shape[axis] - 1)
        x = np.take(x, low, axis) * (1 - part) + np.take(x, above, axis) * part
    return x


def by_hand():
    x = np.pad(INPUT[0].transpose(1, 2, 0), ((1, 2), (1, 2), (0, 0)))
    x = convolved(x, KERNEL, 2) + BIAS
    x = np.where(x > 0, x, np.float32(0.1) * x)
    x = np.pad(x, ((1, 2), (1, 2), (0, 0)), constant_values=-9)
    x = sliding_window_view(x, (3, 3), axis=(0, 1))[::2, ::2].max((3, 4))
    x = resized(convolved(np.pad(x, ((1, 1), (1, 1), (0, 0))), SAME_KERNEL, 1), 7, 5)
    return np.concatenate([x[..., 1:], 1 / (1 + np.exp(-x[..., :1]))], 2).reshape(1, 35, 4)


def test_converted_graph_with_every_operation_computes_what_numpy_does(tmp_path):
    convert(write(tmp_path), tmp_path / "m.onnx")
    session = onnxruntime.InferenceSession(tmp_path / "m.onnx", providers=["CPUExecutionProvider"])
    assert [output.name for output in session.get_outputs()] == ["output"]
    [found] = session.run(None, {"input": INPUT})
    np.testing.assert_allclose(found, by_hand(), atol=1e-5)


def test_converting_twice_gives_the_same_bytes(tmp_path):
    files = write(tmp_path)
    for name in ("a", "b"):
        convert(files, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def changed(name, op=None, attributes=None):
    return [(n, op or o, i, a | (attributes or {})) if n == name else (n, o, i, a) for n, o, i, a in NODES]


@pytest.mark.parametrize(
    ("nodes", "says"),
    [
        (changed("leaky", op="Softplus"), "Softplus"),
        (changed("conv", attributes={"data_format": text("NCHW")}), "NCHW"),
        (changed("conv", attributes={"padding": text("EXPLICIT")}), "EXPLICIT"),
    ],
)
def test_graph_with_what_is_not_covered_is_refused_by_name(tmp_path, nodes, says):
    with pytest.raises(ValueError, match=says):
        convert(write(tmp_path, nodes), tmp_path / "m.onnx")
    assert not (tmp_path / "m.onnx").exists()


def test_graph_whose_shapes_do_not_fit_is_refused(tmp_path):
    with pytest.raises(ValueError, match="not consistent"):
        convert(write(tmp_path, shape=(1, 9, 4)), tmp_path / "m.onnx")


@pytest.mark.parametrize("end", [-4, None])
def test_weights_of_another_length_are_refused(tmp_path, end):
    files = write(tmp_path)
    data = files[1].read_bytes()
    files[1].write_bytes(data[:end] if end else data + b"more")
    with pytest.raises(ValueError, match=r"bytes|buffer"):
        convert(files, tmp_path / "m.onnx")
