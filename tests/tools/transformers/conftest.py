"""Tiny models of the real classes with random weights, opened as a user's file opens them."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers.utils.logging import disable_progress_bar

from vpd.geometry import Box
from vpd.tools.hub import hub_toolset
from vpd.tools.protocol import Picture, ToolRequest

sys.path.append(str(Path(__file__).parents[3]))  # benchmarks/ is no part of the installed package

SIZES = {"wide": (90, 40), "tall": (33, 120), "small": (20, 20), "line": (200, 1), "dot": (1, 1)}


@pytest.fixture(scope="session", autouse=True)
def one_thread():
    torch.set_num_threads(1)
    disable_progress_bar()


@pytest.fixture(scope="session")
def models(tmp_path_factory):
    from benchmarks._models import tiny_models

    return tiny_models(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="session")
def pictures():
    """Pictures of noise by name, of different sizes, and a grey one."""
    random = np.random.default_rng(0)
    made = {
        name: Picture(name, random.integers(0, 256, (high, wide, 3)).astype(np.uint8))
        for name, (wide, high) in SIZES.items()
    }
    return {**made, "grey": Picture("grey", np.full((50, 70, 3), 128, np.uint8))}


@pytest.fixture(scope="session")
def open_file(tmp_path_factory):
    """Write a tool set's file and open it: open_file(text) -> ToolSet."""

    def opened(text):
        path = tmp_path_factory.mktemp("toolset") / "tools.toml"
        path.write_text(text)
        return hub_toolset(path).open()

    return opened


@pytest.fixture(scope="session")
def open_section(models, open_file):
    """Open one section with a tiny model: open_section("detector", "owlv2", "bfloat16", threshold=0.3)."""

    def opened(section, kind, dtype="float32", batch=32, **options):
        lines = "\n".join(f"{key} = {value!r}" for key, value in options.items())
        text = f"dtype = '{dtype}'\nbatch = {batch}\n[{section}]\nmodel = '{models[kind]}'\n{lines}\n"
        return open_file(text).tools

    return opened


@pytest.fixture(scope="session")
def requests_of(pictures):
    """Requests for all pictures, whole and in part: requests_of(*args)."""

    def made(*args):
        whole = [ToolRequest(p, Box(0, 0, p.width, p.height), args) for p in pictures.values()]
        parts = [ToolRequest(pictures["wide"], Box(10.5, 3.2, 61, 33), args)]
        parts += [ToolRequest(pictures["tall"], Box(5, 100, 6, 101), args)]
        return whole + parts

    return made
