"""The registered model: an MLflow pyfunc around a student's checkpoint folder.

Logged as code, so it loads wherever vpd is installed. Input: records with `image` (the bytes of a picture
file, or their base64 text) and `question`; parameter `mode`: answer, rationale or both. Output: `answer` and
`rationale`, one row each. A path is no picture: a server would open files of its own machine to anyone.
"""

import base64
import threading
from pathlib import Path
from typing import Any

import mlflow.pyfunc  # noqa: TID253  this module exists for MLflow and is imported by it alone
import pandas as pd
from mlflow.exceptions import MlflowException  # noqa: TID253
from mlflow.models import set_model  # noqa: TID253
from PIL import Image

from vpd.distill.picture_files import open_image
from vpd.errors import DataError
from vpd.evaluation.answers import Mode

CHECKPOINT = "checkpoint"
MODES: dict[str, tuple[Mode, ...]] = {
    "answer": ("answer",),
    "rationale": ("rationale",),
    "both": ("answer", "rationale"),
}
_BATCH = 32


class VpdStudent(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers questions about pictures and explains the answers."""

    def load_context(self, context: Any) -> None:
        """Load the student from the checkpoint artifact."""
        from vpd.distill.generate import Student

        self.student = Student.load(Path(context.artifacts[CHECKPOINT]))
        self.turn = threading.Lock()  # a server calls from several threads, the student takes one at a time

    def predict(
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,
    ) -> pd.DataFrame:
        """Return answer and rationale of every record, or one of them.

        Raises MLflow's error for a bad request, which names the unreadable record or the unknown mode.
        """
        try:
            modes = _modes((params or {}).get("mode", "both"))
            images = [read_image(value, row) for row, value in enumerate(model_input["image"])]
        except DataError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error
        questions = [str(question) for question in model_input["question"]]
        with self.turn:
            said = {m: self.student.answer(images, questions, m, _BATCH) if images else [] for m in modes}
        return pd.DataFrame(said)


def read_image(value: Any, row: int) -> Image.Image:
    """Decode a picture given as file bytes or base64 text to RGB; raises DataError like `open_image`."""
    try:
        data = value if isinstance(value, bytes) else base64.b64decode(value, validate=True)
    except (ValueError, TypeError) as error:
        raise DataError(
            f"record {row}: `image` is no picture ({error}): give the bytes of a PNG or JPEG file, or their "
            "base64 text"
        ) from error
    return open_image(data, f"record {row}: `image`")


def _modes(mode: str) -> tuple[Mode, ...]:
    if mode not in MODES:
        raise DataError(f"mode {mode!r} is unknown; there are {', '.join(MODES)}")
    return MODES[mode]


set_model(VpdStudent())
