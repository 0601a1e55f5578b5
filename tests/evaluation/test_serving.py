"""`vpd serve` as a process of its own, with a real tiny student of random weights, asked over loopback."""

import base64
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.mlflow_marks import REGISTRY
from tests.pictures import png_header
from vpd.errors import ConfigError
from vpd.evaluation.promotion import MODEL_NAME
from vpd.evaluation.registry import register
from vpd.evaluation.results import Evaluation
from vpd.evaluation.serving import serve
from vpd.evaluation.tracking import Tracking
from vpd.records import IMAGES
from vpd.store import ArtifactStore

pytestmark = REGISTRY
BOMB = base64.b64encode(png_header(100_000, 100_000)).decode()
MODEL = f"models:/{MODEL_NAME}@challenger"


def save_student(folder: Path) -> None:
    """Write the files of a student of random weights, in a process that may import torch."""
    from vpd.distill.config import StudentConfig
    from vpd.distill.student import build_student

    tiny = StudentConfig(image_size=24, patch_size=12, hidden_size=32, vision_layers=1, text_layers=1)
    built = build_student(tiny, ["How many red cubes are there?", "The answer is red."] * 2, 0)
    built.model.save_pretrained(folder)
    built.processor.save_pretrained(folder)


@pytest.fixture
def address(
    store: ArtifactStore, tracking: Tracking, evaluated: Callable[[float], Evaluation], tmp_path: Path
) -> Iterator[str]:
    save_student(tmp_path / "checkpoint")
    register(tracking, store, tmp_path / "checkpoint", evaluated(0.7))
    command = [str(Path(sys.executable).with_name("vpd")), "serve", "--model", MODEL, "--port", "0"]
    env = {**os.environ, "VPD_MLFLOW_URI": tracking.uri, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}
    with (tmp_path / "log").open("wb") as log:
        server = subprocess.Popen(command, env=env, cwd=tmp_path, stdout=subprocess.PIPE, stderr=log)
    try:
        assert server.stdout is not None
        said = re.search(rb"http://[0-9.:]+", server.stdout.readline())
        assert said is not None, (tmp_path / "log").read_text()
        yield said[0].decode()
    finally:
        server.terminate()
        assert server.wait(30) in (0, -15)
        server.stdout.close()


def test_server_answers_both_modes_and_says_what_is_wrong_with_a_request(
    store: ArtifactStore, address: str
) -> None:
    picture = base64.b64encode(store.get_blob(store.read_shard(IMAGES, "toy-000")["image_id"][0])).decode()
    record = {"image": picture, "question": "How many red cubes are there?"}

    def post(body: Any) -> httpx.Response:
        return httpx.post(f"{address}/invocations", json=body, timeout=60)

    def ask(mode: str) -> set[str]:
        reply = post({"dataframe_records": [record] * 2, "params": {"mode": mode}})
        assert reply.status_code == 200, reply.text
        first, second = reply.json()["predictions"]
        assert first == second
        return set(first)

    assert ask("answer") == {"answer"}
    assert ask("rationale") == {"rationale"}
    assert ask("both") == {"answer", "rationale"}
    assert set(post({"dataframe_records": [record]}).json()["predictions"][0]) == {"answer", "rationale"}
    wrong: list[tuple[Any, str]] = [
        ({"dataframe_records": [record, {**record, "image": "no picture"}]}, "record 1"),
        ({"dataframe_records": [record, {**record, "image": "/etc/hostname"}]}, "record 1"),
        ({"dataframe_records": [record, {**record, "image": BOMB}]}, "record 1"),
        ({"dataframe_records": [record], "params": {"mode": "program"}}, "program"),
        ({"dataframe_records": [{"image": picture}]}, "question"),
        ({"pictures": [picture]}, "dataframe_records"),
        ([record], "dataframe_records"),
    ]
    for body, named in wrong:
        reply = post(body)
        assert 400 <= reply.status_code < 500
        assert named in reply.text
    broken = {"url": f"{address}/invocations", "content": "{", "timeout": 60}
    assert httpx.post(**broken, headers={"content-type": "application/json"}).status_code == 400
    assert httpx.post(**broken).status_code == 415
    assert ask("answer") == {"answer"}


def test_serve_on_a_port_in_use_says_so_before_it_loads_anything(tracking: Tracking) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port}.*--port"):
            serve(tracking, MODEL, "127.0.0.1", port)
