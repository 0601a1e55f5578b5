"""The registered model: an MLflow pyfunc around a student's checkpoint folder.

Logged as code, so it loads wherever vpd is installed. Input: records with `image` (the bytes of a picture
file, a path, or base64 text) and `question`; output: `answer` and `rationale`, one row each.
"""

import base64
import binascii
import io
from pathlib import Path
from typing import Any

import mlflow.pyfunc  # noqa: TID253  this module exists for MLflow and is imported by it alone
import pandas as pd
from mlflow.models import set_model  # noqa: TID253
from PIL import Image, UnidentifiedImageError

from vpd.errors import DataError

CHECKPOINT = "checkpoint"
_BATCH = 32
_LONGEST_PATH = 1024  # characters; longer text is taken for base64 without asking the file system


class VpdStudent(mlflow.pyfunc.PythonModel):  # type: ignore[misc]
    """Answers questions about pictures and explains the answers."""

    def load_context(self, context: Any) -> None:
        """Load the student from the checkpoint artifact."""
        from vpd.distill.generate import Student

        self.student = Student.load(Path(context.artifacts[CHECKPOINT]))

    def predict(
        self,
        context: Any,  # noqa: ARG002
        model_input: pd.DataFrame,
        params: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> pd.DataFrame:
        """Return answer and rationale of every record; raises DataError that names an unreadable one."""
        images = [read_image(value, row) for row, value in enumerate(model_input["image"])]
        questions = [str(question) for question in model_input["question"]]
        return pd.DataFrame(
            {
                "answer": self.student.answer(images, questions, "answer", _BATCH),
                "rationale": self.student.answer(images, questions, "rationale", _BATCH),
            }
        )


def read_image(value: Any, row: int) -> Image.Image:
    """Decode a picture given as file bytes, path or base64 text, to RGB."""
    try:
        with Image.open(io.BytesIO(_file_bytes(value))) as picture:
            return picture.convert("RGB")
    except (OSError, UnidentifiedImageError, binascii.Error, ValueError) as error:
        raise DataError(
            f"record {row}: `image` is no picture ({error}); give the bytes of a PNG or JPEG file, its path, "
            "or its base64 text"
        ) from error


def _file_bytes(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    if len(value) <= _LONGEST_PATH and Path(value).is_file():
        return Path(value).read_bytes()
    return base64.b64decode(value, validate=True)


set_model(VpdStudent())
