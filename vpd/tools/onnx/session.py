"""Open an ONNX file on ONNX Runtime on the CPU: the same answers every time, for several threads at once."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from vpd.errors import ConfigError, ModelFileError

Floats = NDArray[np.float32]


class Session:
    """A loaded network; `memory_bytes` is the size of its file."""

    def __init__(self, file: Path, threads: int) -> None:
        """Load; `threads` work on one run. Raises ConfigError without ONNX Runtime, ModelFileError."""
        try:
            import onnxruntime
        except ImportError as error:
            raise ConfigError("the photos tools need ONNX Runtime: install vpd[photos]") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.use_deterministic_compute = True
        try:
            self._session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        except Exception as error:  # ONNX Runtime's own errors share no base; OSError comes for a lost file
            raise ModelFileError(f"{file} does not load ({error}): delete it and run again") from error
        self.memory_bytes = file.stat().st_size

    def run(self, inputs: Mapping[str, Floats]) -> list[Floats]:
        """Return all outputs."""
        return [np.asarray(output) for output in self._session.run(None, dict(inputs))]
