"""The embedded endpoint: a llama.cpp server inside this process, on a loopback port.

It dies with the process, so no orphan stays behind. Found by path setting, local cache or hub download, the
model file is checked by sha256 before it is loaded.
"""

import hashlib
import socket
from dataclasses import dataclass
from pathlib import Path

from vpd.errors import EndpointError, ModelFileError


@dataclass(frozen=True)
class ModelFile:
    """A model file by name, content and where the hub has it."""

    name: str
    sha256: str
    hub_repo: str
    licence: str


SAMPLER_MODEL = ModelFile(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    hub_repo="Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF",
    licence="Apache-2.0",
)
CONTEXT_PER_SLOT = 2560  # prompt 1,300 tokens, question 30, program 200, room for longer examples


def find_model(model: ModelFile, folder: Path) -> Path:
    """Return the checked model file from the folder or the hub. Raises ModelFileError."""
    path = folder.expanduser() / model.name
    if not path.exists():
        path = _download(model, path.parent)
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != model.sha256:
        raise ModelFileError(
            f"{path} is not {model.name}: sha256 {found}, expected {model.sha256}; delete it and run again"
        )
    return path


def _download(model: ModelFile, folder: Path) -> Path:
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(model.hub_repo, model.name, local_dir=folder))
    except Exception as error:  # the hub client raises many kinds; all mean that there is no file
        raise ModelFileError(
            f"{model.name} is not in {folder} and the hub gave none ({type(error).__name__}): put the file "
            "there, set VPD_MODEL_DIR to its folder, or set VPD_LLM_URL to an OpenAI-compatible endpoint"
        ) from error


class EmbeddedServer:
    """A running llama.cpp server with room for `slots` candidates at once."""

    def __init__(self, path: Path, slots: int, threads: int) -> None:
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(path)
        params.n_ctx = CONTEXT_PER_SLOT * slots
        params.n_parallel = slots
        params.cpuparams.n_threads = threads
        params.cpuparams_batch.n_threads = threads
        params.port = _free_port()
        params.verbosity = -1
        try:
            self._server = xllamacpp.Server(params)
        except RuntimeError as error:
            raise EndpointError(f"the embedded model {path} does not start: {error}") from error

    @property
    def url(self) -> str:
        """The address of the OpenAI-compatible API."""
        return f"{self._server.listening_address}/v1"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
