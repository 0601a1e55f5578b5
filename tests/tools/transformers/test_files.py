"""Models by folder and by hub id, and the revisions that versions name."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import ClassVar

import pytest
import torch
from huggingface_hub import constants
from transformers import AutoModelForObjectDetection

from vpd.errors import ModelFileError
from vpd.tools.transformers.files import find_model

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def folder(models, tmp_path):
    return shutil.copytree(models["detr"], tmp_path / "model")


@pytest.fixture
def cache(monkeypatch, tmp_path, models):
    """A cache of the hub that holds one model, on a machine without the hub."""
    home = tmp_path / "cache"
    repository = home / "models--someone--detector"
    shutil.copytree(models["detr"], repository / "snapshots" / COMMIT)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(home))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return home


def test_a_folders_revision_is_its_content_and_not_its_place(folder, tmp_path):
    first = find_model(str(folder))
    assert first.config.model_type == "detr"
    elsewhere = find_model(str(shutil.copytree(folder, tmp_path / "elsewhere" / "model")))
    assert (elsewhere.revision, elsewhere.name) == (first.revision, first.name)


@pytest.mark.parametrize("change", ["config", "processor", "size", "weights"])
def test_a_folders_revision_changes_with_its_files(folder, tmp_path, change):
    before = find_model(str(folder)).revision
    weights = folder / "model.safetensors"
    if change == "config":
        text = (folder / "config.json").read_text()
        (folder / "config.json").write_text(text.replace('"num_queries": 12', '"num_queries": 13'))
    elif change == "processor":
        [path] = folder.glob("*processor*.json")
        path.write_text(path.read_text().replace("106", "107"))
    elif change == "size":
        weights.write_bytes(weights.read_bytes() + b"\0")
    else:
        model = AutoModelForObjectDetection.from_pretrained(folder)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter += 0.01
        model.save_pretrained(tmp_path / "trained")
        size = weights.stat().st_size
        shutil.copy(tmp_path / "trained" / "model.safetensors", weights)
        assert weights.stat().st_size == size
    assert find_model(str(folder)).revision != before


def test_a_hub_id_is_found_in_the_cache_by_its_commit_and_loads(cache):
    files = find_model("someone/detector")
    assert (files.revision, files.name) == (COMMIT, "someone/detector")
    assert find_model("someone/detector", "main") == find_model("someone/detector", COMMIT) == files
    network = files.load(AutoModelForObjectDetection, dtype=torch.bfloat16)
    assert network.dtype == torch.bfloat16


@pytest.mark.parametrize(
    ("model", "revision"),
    [
        ("someone/unknown", None),
        ("someone/detector", "no-such-revision"),
        ("/no/such/folder", None),
        ("a b", None),
    ],
)
def test_a_model_that_is_not_there_is_an_error_that_says_what_to_do(cache, model, revision):
    with pytest.raises(ModelFileError) as error:
        find_model(model, revision)
    said = str(error.value)
    assert model in said
    assert (revision or "") in said
    assert "HF_HOME" in said


def test_a_folder_that_is_no_model_is_an_error(folder):
    with pytest.raises(ModelFileError, match="has no revision"):
        find_model(str(folder), "main")
    (folder / "config.json").write_text('{"model_type": "no-such-kind"}')
    with pytest.raises(ModelFileError, match="no-such-kind"):
        find_model(str(folder))
    (folder / "config.json").unlink()
    with pytest.raises(ModelFileError, match="model"):
        find_model(str(folder))


def test_weights_that_are_missing_are_an_error(folder):
    (folder / "model.safetensors").unlink()
    with pytest.raises(ModelFileError, match="safetensors"):
        find_model(str(folder)).load(AutoModelForObjectDetection)


class Hub(BaseHTTPRequestHandler):
    """Answers as the hub does for one repository with the branch `main`."""

    folder: Path
    asked: ClassVar[list[str]] = []

    def do_HEAD(self):
        self.asked.append(self.path)
        named = re.fullmatch(r"/someone/detector/resolve/([^/]+)/(.+)", self.path)
        if not named:
            return self._refuse("RepoNotFound")
        if named[1] not in ("main", COMMIT):
            return self._refuse("RevisionNotFound")
        path = self.folder / named[2]
        if not path.is_file():
            return self._refuse("EntryNotFound")
        data = path.read_bytes()
        self.send_response(200)
        self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("ETag", f'"{hashlib.sha256(data).hexdigest()}"')
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(data)
        return None

    do_GET = do_HEAD

    def _refuse(self, code):
        self.send_response(404)
        self.send_header("X-Error-Code", code)
        if code == "EntryNotFound":
            self.send_header("X-Repo-Commit", COMMIT)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


ASKING = """
import sys
from transformers import AutoModelForObjectDetection
from vpd.errors import ModelFileError
from vpd.tools.transformers.files import find_model
for model, revision in (("someone/unknown", None), ("someone/detector", "gone"), ("someone/detector", None)):
    try:
        files = find_model(model, revision)
        print(files.revision, files.load(AutoModelForObjectDetection).num_parameters() > 0)
    except ModelFileError as error:
        print("ModelFileError", error)
"""


def test_a_hub_id_is_downloaded_and_what_the_hub_does_not_have_is_an_error(models, tmp_path):
    Hub.folder = models["detr"]
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        env = {
            **os.environ,
            "HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}",
            "HF_HOME": str(tmp_path),
        }
        env["HF_HUB_DISABLE_XET"] = "1"
        asking = [sys.executable, "-c", ASKING]
        online = subprocess.run(asking, env=env, capture_output=True, text=True, check=False)
        server.shutdown()
    unknown, gone, found = online.stdout.splitlines()
    assert unknown.startswith("ModelFileError")
    assert "someone/unknown" in unknown
    assert gone.startswith("ModelFileError")
    assert "gone" in gone
    assert found == f"{COMMIT} True"
