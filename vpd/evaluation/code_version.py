"""Which code runs: the version of vpd, and the git commit if vpd runs from a checkout."""

import subprocess
from importlib.metadata import version
from pathlib import Path

import vpd

_PATIENCE = 10  # seconds for a git command


def code_tags() -> dict[str, str]:
    """Return tags for an MLflow run: `vpd.version`, and MLflow's own for a source and its git commit.

    `vpd.code_changed` tells whether tracked files differ from that commit. A checkout that merely contains
    the folder vpd is installed in does not count.
    """
    tags = {"vpd.version": version("vpd"), "mlflow.source.name": "vpd", "mlflow.source.type": "LOCAL"}
    folder = Path(vpd.__file__).parent
    if _git(folder, "ls-files", "--error-unmatch", "__init__.py") is None:
        return tags
    commit = _git(folder, "rev-parse", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return tags if commit is None else {**tags, "mlflow.source.git.commit": commit, **_changed(changed)}


def _changed(listed: str | None) -> dict[str, str]:
    return {} if listed is None else {"vpd.code_changed": str(bool(listed)).lower()}


def _git(folder: Path, *arguments: str) -> str | None:
    """Return what a git command prints, or None without git, a repository or a success."""
    try:
        done = subprocess.run(
            ["git", "-C", str(folder), *arguments], capture_output=True, text=True, timeout=_PATIENCE
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
