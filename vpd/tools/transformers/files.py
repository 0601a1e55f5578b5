"""Where a model comes from, a hub id or a folder, and which weights it is, before any weights are read.

A hub id is looked for in the cache first and asked for at the hub only if it is not there, so what was
downloaded once stays as it is. Its revision is the commit's hash. A folder's revision is a hash of the texts
of its configuration and tokenizer files, and of the names, sizes and SAMPLES samples of its weight files:
reading all of tens of gigabytes would take minutes. Weights that differ in no sample count as equal.

Not here: models that need code from their repository; none is run.
"""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from huggingface_hub import hf_hub_download
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError
from transformers import AutoConfig

from vpd.errors import ModelFileError

SAMPLES = 256  # of each weight file, evenly spread
SAMPLE_BYTES = 4096
_TEXTS = {".json", ".txt", ".jinja", ".model", ".tiktoken"}
_WEIGHTS = {".safetensors", ".bin", ".pt", ".pth"}


@dataclass(frozen=True)
class ModelFiles:
    """A model's files. `commit` is the hub's, None for a folder; `revision` is what versions name."""

    model: str
    commit: str | None
    revision: str
    config: Any = field(compare=False, repr=False)

    @property
    def name(self) -> str:
        """The hub id or the folder's name."""
        return self.model if self.commit else Path(self.model).name

    def load(self, auto_class: Any, **options: Any) -> Any:
        """Return `auto_class.from_pretrained` of these files. Raises ModelFileError."""
        return _load(auto_class, self.model, self.commit, **options)


def find_model(model: str, revision: str | None = None) -> ModelFiles:
    """Find a model by hub id or folder and read its configuration. Raises ModelFileError."""
    folder = Path(model).expanduser()
    if folder.is_dir():
        if revision:
            raise ModelFileError(f"{folder} is a folder, and a folder has no revision {revision!r}")
        config = _load(AutoConfig, str(folder), None)
        return ModelFiles(str(folder), None, _fingerprint(folder), config)
    commit = _commit(model, revision)
    return ModelFiles(model, commit, commit, _load(AutoConfig, model, commit))


def _commit(model: str, revision: str | None) -> str:
    """Return the hash of the commit that a hub id means."""
    try:
        return Path(
            hf_hub_download(model, "config.json", revision=revision, local_files_only=True)
        ).parent.name
    except (LocalEntryNotFoundError, HFValidationError):
        pass
    try:
        return Path(hf_hub_download(model, "config.json", revision=revision)).parent.name
    except (OSError, HfHubHTTPError, HFValidationError) as error:
        raise _missing(model, revision, error) from error


def _load(auto_class: Any, model: str, commit: str | None, **options: Any) -> Any:
    where = {"revision": commit} if commit else {}
    try:
        try:
            return auto_class.from_pretrained(model, **where, local_files_only=True, **options)
        except OSError:
            if commit is None:
                raise
            return auto_class.from_pretrained(model, **where, **options)
    except (OSError, ValueError, ImportError) as error:
        raise _missing(model, commit, error) from error


def _missing(model: str, revision: str | None, error: Exception) -> ModelFileError:
    said = str(error).strip().split("\n", 1)[0].rstrip(".")
    named = f"{model!r} at revision {revision!r}" if revision else repr(model)
    return ModelFileError(
        f"cannot load the model {named}: {said}. Check the id and the revision; without access to the hub, "
        "download it beforehand (`hf download ID`), set HF_HOME to the folder that has it, or give the path "
        "of a folder with its files"
    )


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.iterdir() if p.suffix in _TEXTS | _WEIGHTS):
        digest.update(f"{path.name} {path.stat().st_size}\n".encode())
        digest.update(path.read_bytes() if path.suffix in _TEXTS else _samples(path))
    return digest.hexdigest()[:16]


def _samples(path: Path) -> bytes:
    size = path.stat().st_size
    found = bytearray()
    with path.open("rb") as file:
        for number in range(SAMPLES):
            file.seek(max(0, size - SAMPLE_BYTES) * number // (SAMPLES - 1))
            found += file.read(SAMPLE_BYTES)
    return bytes(found)
