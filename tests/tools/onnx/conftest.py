"""The model file, where this machine has it: in VPD_MODEL_DIR, or beside the checkout."""

from pathlib import Path

import pytest

from vpd.settings import load_settings
from vpd.tools.onnx.nanodet import NANODET, NanoDet

BESIDE = Path(__file__).parents[4] / "shared" / "models"


@pytest.fixture(scope="session")
def model_folder() -> Path:
    for folder in (load_settings().model_dir.expanduser(), BESIDE):
        if (folder / NANODET.name).is_file():
            return folder
    pytest.skip(f"{NANODET.name} is neither in VPD_MODEL_DIR nor in {BESIDE}")


@pytest.fixture(scope="session")
def nanodet(model_folder) -> NanoDet:
    return NanoDet(NANODET.find(model_folder))
