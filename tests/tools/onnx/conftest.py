"""The model files, where this machine has them; the detector's is fetched by `vpd models fetch`."""

from pathlib import Path

import pytest

from vpd.settings import load_settings
from vpd.tools.onnx.lite2 import LITE2, Lite2
from vpd.tools.onnx.nanodet import NANODET, NanoDet


@pytest.fixture(scope="session")
def nanodet_file() -> Path:
    folder = load_settings().model_dir
    if NANODET.locate(folder) is None:
        pytest.skip(f"{NANODET.name} is not in {folder}: run `vpd models fetch {NANODET.name}`")
    return NANODET.find(folder)


@pytest.fixture(scope="session")
def nanodet(nanodet_file) -> NanoDet:
    return NanoDet(nanodet_file)


@pytest.fixture(scope="session")
def lite2_file(tmp_path_factory) -> Path:
    """Converted afresh from the installed package."""
    return LITE2.find(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def lite2(lite2_file) -> Lite2:
    return Lite2(lite2_file)
