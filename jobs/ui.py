"""`python -m jobs.ui`: the Dagster UI on port 3000 and the MLflow UI on port 5000, until Ctrl-C.

Both show what is under VPD_HOME, listen on this machine only, and end together. Not here: a deployment.
"""

import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from jobs.workspace import prepare_home
from vpd.errors import ConfigError, VpdError
from vpd.settings import load_settings

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"
DAGSTER, MLFLOW = 3000, 5000
PATIENCE = 20.0
"""Seconds that a server gets to end by itself."""


def commands(tracking_uri: str, artifacts: Path) -> list[list[str]]:
    """Return the command lines of the servers."""
    python = [sys.executable, "-m"]
    dagster = ["dagster", "dev", "--workspace", str(WORKSPACE), "--host", "127.0.0.1", "--port", str(DAGSTER)]
    if tracking_uri.startswith("http"):  # a tracking server shows itself
        return [[*python, *dagster]]
    mlflow = ["mlflow", "ui", "--host", "127.0.0.1", "--port", str(MLFLOW), "--workers", "1"]
    store = ["--backend-store-uri", tracking_uri, "--default-artifact-root", artifacts.as_uri()]
    return [[*python, *dagster], [*python, *mlflow, *store]]


def require_free(port: int) -> None:
    """Raise ConfigError if a port of this machine is in use."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError as error:
        raise ConfigError(
            f"port {port} is in use ({error}): stop what listens there, perhaps another `make ui`"
        ) from error


def main() -> int:
    """Start both servers and stop them together; returns the exit code."""
    try:
        settings = load_settings()
        require_free(DAGSTER)
        if not settings.mlflow_tracking_uri.startswith("http"):
            require_free(MLFLOW)
    except VpdError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    home = prepare_home(settings.home)
    signal.signal(signal.SIGTERM, _interrupt)
    servers = [
        subprocess.Popen(command, cwd=WORKSPACE.parent, start_new_session=True)
        for command in commands(settings.mlflow_tracking_uri, home / "mlruns")
    ]
    addresses = f"Dagster: http://127.0.0.1:{DAGSTER}   MLflow: http://127.0.0.1:{MLFLOW}"
    print(f"{addresses}   Ctrl-C stops both", flush=True)
    try:
        os.wait()
    except KeyboardInterrupt:
        return 0
    finally:
        for server in servers:
            _stop(server)
    return 1


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _stop(server: subprocess.Popen[bytes]) -> None:
    """End a server and all processes it started: `dagster dev` would leave some behind."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
        with suppress(subprocess.TimeoutExpired):
            server.wait(PATIENCE)
        os.killpg(server.pid, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main())
