"""Build an ONNX graph node by node and write it; the same calls write the same bytes.

Needs the `onnx` package, which only conversions use; models run without it. Not here: what to build
(`vpd.tools.onnx.from_tfjs`, `vpd.tools.onnx.from_lite2`).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from vpd.errors import ConfigError

OPSET = 18
IR_VERSION = 8  # the version of the file format that came with this opset

Array = NDArray[Any]


class Graph:
    """A graph under construction, of one float32 input."""

    def __init__(self, name: str, input_name: str, shape: Sequence[int]) -> None:
        """Begin. Raises ConfigError without the `onnx` package."""
        try:
            import onnx
        except ImportError as error:
            raise ConfigError("converting a model needs the package onnx: install vpd[photos]") from error
        self._onnx = onnx
        self._name = name
        self._input = self._float(input_name, shape)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def constant(self, value: Array) -> str:
        """Add a constant and return its name."""
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._onnx.numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, op: str, *inputs: str | Array, outputs: int = 1, **attributes: Any) -> list[str]:
        """Add a node with names or constants as inputs ("": left out) and return its outputs' names."""
        names = [value if isinstance(value, str) else self.constant(value) for value in inputs]
        made = [f"{op.lower()}_{len(self._nodes)}_{number}" for number in range(outputs)]
        self._nodes.append(self._onnx.helper.make_node(op, names, made, **attributes))
        return made

    def save(self, path: Path, outputs: Mapping[str, tuple[str, Sequence[int]]]) -> None:
        """Check the graph and write it.

        outputs: by their name in the file, the tensor and its shape
        Raises ValueError if the graph is not consistent, OSError if the file cannot be written.
        """
        onnx = self._onnx
        for name, (tensor, _) in outputs.items():
            self._nodes.append(onnx.helper.make_node("Identity", [tensor], [name]))
        graph = onnx.helper.make_graph(
            self._nodes,
            self._name,
            [self._input],
            [self._float(name, shape) for name, (_, shape) in outputs.items()],
            self._constants,
        )
        model = onnx.helper.make_model(
            graph,
            opset_imports=[onnx.helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
            producer_name="vpd",
        )
        try:
            onnx.checker.check_model(model, full_check=True)
        except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as error:
            raise ValueError(f"the graph {self._name} is not consistent: {error}") from error
        path.write_bytes(model.SerializeToString(deterministic=True))

    def _float(self, name: str, shape: Sequence[int]) -> Any:
        return self._onnx.helper.make_tensor_value_info(name, self._onnx.TensorProto.FLOAT, list(shape))
