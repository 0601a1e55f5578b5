import json
from collections.abc import Callable, Iterator
from pathlib import Path

import dagster as dg
import pytest
from PIL import Image


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("VPD_HOME", str(tmp_path))
    (tmp_path / "inbox").mkdir()
    return tmp_path


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


@pytest.fixture
def drop(home: Path) -> Callable[..., Path]:
    """Put a file of so many questions, each about a picture of its own, into the inbox."""

    def put(name: str = "mine.jsonl", rows: int = 2) -> Path:
        lines = []
        for row in range(rows):
            Image.new("RGB", (32, 32), (row, 0, 0)).save(home / "inbox" / f"{row}.png")
            lines.append({"id": row, "image": f"{row}.png", "question": "Is it red?", "answers": ["no"]})
        file = home / "inbox" / name
        file.write_text("\n".join(json.dumps(line) for line in lines))
        return file

    return put
