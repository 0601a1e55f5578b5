"""`python -m jobs.ui`: the Dagster UI on port 3000 and the MLflow UI on port 5000, until Ctrl-C.

Both show what is under VPD_HOME, listen on this machine only, and end together. Not here: a deployment.
"""

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from types import FrameType

from jobs.workspace import prepare_home
from vpd.settings import load_settings

WORKSPACE = Path(__file__).parents[1] / "workspace.yaml"
PATIENCE = 20.0
"""Seconds that a server gets to end by itself."""


def commands(tracking_uri: str, artifacts: Path) -> list[list[str]]:
    """Return the command lines of the servers."""
    python = [sys.executable, "-m"]
    dagster = ["dagster", "dev", "--workspace", str(WORKSPACE), "--host", "127.0.0.1", "--port", "3000"]
    if tracking_uri.startswith("http"):  # a tracking server shows itself
        return [[*python, *dagster]]
    mlflow = ["mlflow", "ui", "--host", "127.0.0.1", "--port", "5000", "--workers", "1"]
    store = ["--backend-store-uri", tracking_uri, "--default-artifact-root", artifacts.as_uri()]
    return [[*python, *dagster], [*python, *mlflow, *store]]


def main() -> int:
    """Start both servers and stop them together; returns the exit code of the one that ended first."""
    settings = load_settings()
    home = prepare_home(settings.home)
    signal.signal(signal.SIGTERM, _interrupt)
    servers = [
        subprocess.Popen(command, cwd=WORKSPACE.parent, start_new_session=True)
        for command in commands(settings.mlflow_tracking_uri, home / "mlruns")
    ]
    print("Dagster: http://127.0.0.1:3000   MLflow: http://127.0.0.1:5000   Ctrl-C stops both", flush=True)
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
