"""A real MLflow server on loopback that is stopped and started at will, over one SQLite file."""

import socket
import threading
import warnings
from pathlib import Path

import pytest
from werkzeug.serving import BaseWSGIServer, make_server


class MlflowServer:
    """MLflow's own application, served by a thread; its port stays the same from start to start."""

    def __init__(self, folder: Path, database: Path, patch: pytest.MonkeyPatch) -> None:
        patch.setenv("_MLFLOW_SERVER_FILE_STORE", f"sqlite:///{database}")
        patch.setenv("_MLFLOW_SERVER_ARTIFACT_ROOT", "mlflow-artifacts:/")
        patch.setenv("_MLFLOW_SERVER_ARTIFACT_DESTINATION", str(folder / "artifacts"))
        patch.setenv("_MLFLOW_SERVER_SERVE_ARTIFACTS", "true")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
        with warnings.catch_warnings(action="ignore"):  # of starlette, about MLflow's imports
            from mlflow.server import fastapi_app, handlers  # noqa: F401

        for store in ("_tracking_store", "_model_registry_store", "_artifact_repo"):
            patch.setattr(handlers, store, None)
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.uri = f"http://127.0.0.1:{self.port}"
        self._running: tuple[BaseWSGIServer, threading.Thread] | None = None

    def start(self) -> None:
        if self._running is not None:
            return
        from mlflow.server import app

        server = make_server("127.0.0.1", self.port, app, threaded=True)
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        self._running = server, thread

    def stop(self) -> None:
        if self._running is None:
            return
        server, thread = self._running
        server.shutdown()
        thread.join()
        server.server_close()
        self._running = None
