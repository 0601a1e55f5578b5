"""A finished training run in the artifact store: files of its model as blobs, and a document `runs/<run_id>`.

The document names the data the run was trained on, {shard: sha256}, which is how a model leads back to its
examples, and in its configuration the base it started from, `run:RUN_ID` if that was another run's model.
"""

import shutil
import uuid
from pathlib import Path
from typing import Any

from vpd.distill.recorded import recorded_base
from vpd.distill.run_folder import make_durable, read_json
from vpd.errors import ConfigError, StoreError
from vpd.store import ArtifactStore

_RUN = "run:"


def run_id(arm: str, fingerprint: str) -> str:
    """Return the id of a run from its arm and `vpd.distill.config.fingerprint`."""
    return f"{arm}-{fingerprint[:12]}"


def publish_run(store: ArtifactStore, folder: Path) -> dict[str, Any]:
    """Keep a finished run's folder in the store and return its document; again, it changes nothing.

    Raises ConfigError if the folder holds no finished run, StoreError if the store cannot be written.
    """
    report = read_json(folder / "training.json")
    if report is None:
        raise ConfigError(f"{folder} holds no finished training run: it has no training.json, train first")
    model = folder / "model"
    files = {p.relative_to(model).as_posix(): p for p in sorted(model.rglob("*")) if p.is_file()}
    document = {
        **report,
        "run_id": run_id(report["arm"], report["fingerprint"]),
        "seed": report["config"]["seed"],
        "files": {name: store.put_blob(path.read_bytes()) for name, path in files.items()},
    }
    store.put_document(f"runs/{document['run_id']}", document)
    return document


def find_run(store: ArtifactStore, run: str) -> dict[str, Any]:
    """Return a run's document; raises StoreError if there is none."""
    document = store.get_document(f"runs/{run}")
    if document is None:
        known = [name.removeprefix("runs/") for name in store.documents("runs/")]
        raise StoreError(f"no training run {run!r} in {store.uri}: there are {', '.join(known) or 'none'}")
    return document


def fetch_run(store: ArtifactStore, run: str, cache: Path) -> Path:
    """Return a folder under `cache` with the run's model, as `from_pretrained` reads it.

    A folder fetched before is used again. Raises StoreError if the run or one of its files is missing or
    damaged.
    """
    folder = cache / run
    if folder.exists():
        return folder
    aside = cache / f".{run}.{uuid.uuid4().hex[:8]}"
    try:
        for name, digest in find_run(store, run)["files"].items():
            path = aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(store.get_blob(digest))
        make_durable(aside)
        if not folder.exists():
            aside.rename(folder)
    except OSError as error:
        raise StoreError(f"cannot write {aside}: {error}; free space or choose another cache") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def base_run(base: str | None) -> str | None:
    """Return the id of the run whose model a base is, or None if it is a hub id, a folder, or nothing."""
    return base.removeprefix(_RUN) if base is not None and base.startswith(_RUN) else None


def fetch_base(store: ArtifactStore, base: str, cache: Path) -> str:
    """Return what `load_student` reads for a base: a folder if it is a run or recorded, else as given.

    Raises like `fetch_run` and `recorded_base`.
    """
    run = base_run(base)
    return str(recorded_base(base) or base if run is None else fetch_run(store, run, cache))
