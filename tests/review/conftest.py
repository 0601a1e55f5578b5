import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from vpd.review.reviewer import Reviewer, open_reviewer
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.spec import ToolSetSpec
from vpd.tools.toolset import PHOTOS, SCENES


def _no_tools() -> dict[str, object]:
    raise AssertionError("a review opens no tools")


ANYTHING = ToolSetSpec(_no_tools, IMAGE_PATCH, ())  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def scenes() -> Iterator[Reviewer]:
    with open_reviewer(SCENES) as reviewer:
        yield reviewer


@pytest.fixture(scope="session")
def photos() -> Iterator[Reviewer]:
    with open_reviewer(PHOTOS) as reviewer:
        yield reviewer


@pytest.fixture(scope="session")
def anything() -> Iterator[Reviewer]:
    """A reviewer for all methods and any name."""
    with open_reviewer(ANYTHING) as reviewer:
        yield reviewer


@pytest.fixture(scope="session")
def trusted() -> dict[str, str]:
    """Programs that answer in plain Python and in the sandbox."""
    found = {}
    for file in sorted((Path(__file__).parents[1] / "execution" / "trusted").glob("*.txt")):
        parts = re.split(r"^### (.+)\n", file.read_text(), flags=re.MULTILINE)[1:]
        found |= {f"{file.stem}: {name}": text for name, text in zip(parts[::2], parts[1::2], strict=True)}
    return found
