"""The embedded endpoint: a llama.cpp server inside this process, on a loopback port.

It dies with the process, so no orphan stays behind. Not here: the lock (`vpd.chat.machine_lock`).
"""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from threading import Event, Lock
from typing import Protocol
from weakref import WeakValueDictionary

import httpx

from vpd.chat.answers import Answer
from vpd.chat.client import HttpChatEndpoint
from vpd.chat.machine_lock import MachineLock
from vpd.chat.request import Request
from vpd.errors import EndpointError, ModelFileError
from vpd.model_files import Hub, ModelFile

SAMPLER_MODEL = ModelFile(
    name="qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
    sha256="cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
    size=1_117_320_768,
    licence="Apache-2.0",
    purpose="writes programs, where no endpoint is set (Qwen2.5-Coder-1.5B)",
    origin=Hub("Qwen/Qwen2.5-Coder-1.5B-Instruct-GGUF", "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"),
)
MODEL_NAME = SAMPLER_MODEL.name.removesuffix(".gguf")
CONTEXT_PER_SLOT = 3072  # tokens of prompt, program and a repair; a prompt for photographs took 1,154
HEALTH_CHECKS, HEALTH_PAUSE = 60, 0.5  # pause in seconds


def find_model(model: ModelFile, folder: Path) -> Path:
    """Return the checked model file, fetched if need be. Raises ModelFileError."""
    try:
        return model.find(folder)
    except ModelFileError as error:
        raise ModelFileError(
            f"{error}; or set VPD_LLM_URL to an OpenAI-compatible endpoint, and no model file is needed"
        ) from error


class Server(Protocol):
    """A running OpenAI-compatible server that stops when nobody holds it."""

    @property
    def url(self) -> str:
        """The address of its API."""
        ...


_RUNNING: "WeakValueDictionary[Path, Server]" = WeakValueDictionary()  # this process's, by model file
_STARTING = Lock()


class EmbeddedEndpoint:
    """The embedded model as a chat endpoint; its server starts when it is first needed.

    A machine runs one at a time: endpoints of one process share it, another process waits until this one
    closes it, or ends.
    """

    url = "the embedded model"

    def __init__(
        self,
        folder: Path,
        slots: int,
        threads: int = 2,
        serve: Callable[[Path, int, int], Server] | None = None,
    ) -> None:
        """Remember where the model file is and how many candidates are written at once."""
        self._folder, self._slots, self._threads = folder, slots, threads
        self._serve = serve or EmbeddedServer
        self._lock: MachineLock | None = None
        self._server: Server | None = None
        self._http: HttpChatEndpoint | None = None
        self._closed = Event()

    def check(self) -> None:
        """Start the server, unless it runs. Raises ModelFileError or EndpointError."""
        self._started()

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Return one answer per sample index."""
        return self._started().complete(request, samples)

    def close(self) -> None:
        """Stop the server, or waiting for it, and let another process have it."""
        self._closed.set()
        if self._http is not None:
            self._http.close()
        self._http = self._server = None
        if self._lock is not None:
            self._lock.give_back()
            self._lock = None

    def _started(self) -> HttpChatEndpoint:
        if self._http is None:
            path = find_model(SAMPLER_MODEL, self._folder)
            self._hold(MachineLock(path))
            with _STARTING:
                self._server = _RUNNING.get(path) or self._serve(path, self._slots, self._threads)
                _check_health(self._server.url)
                _RUNNING[path] = self._server
            self._http = HttpChatEndpoint(self._server.url)
        return self._http

    def _hold(self, lock: MachineLock) -> None:
        if self._lock is not None:  # since a start that failed
            return
        if not lock.take(self._closed):
            raise EndpointError("the embedded model was closed while another process used it")
        self._lock = lock


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


def _check_health(url: str) -> None:
    """Wait until a server that was started is ready. Raises EndpointError if it does not get there."""
    said = ""
    for _ in range(HEALTH_CHECKS):
        try:
            response = httpx.get(f"{url}/models", timeout=10)
        except httpx.HTTPError as error:
            said = type(error).__name__
        else:
            if response.status_code == 200:
                return
            said = f"status {response.status_code}"
        time.sleep(HEALTH_PAUSE)
    raise EndpointError(
        f"the embedded model started but does not answer ({said}): see whether memory is left"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
