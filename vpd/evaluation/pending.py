"""Evaluated students that wait for registration: noted before it is tried, so a registry that is down, or a
process that is killed, loses none.

Whatever registers next, the asset `registered_model` or `vpd promote --pending`, registers all that wait,
the oldest first. The note is document `pending/<evaluation_id>` of the store.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from vpd.evaluation.champion import ChampionCheck
from vpd.evaluation.evaluate import STUDENT
from vpd.evaluation.promotion import promote
from vpd.evaluation.registry import Registered, register
from vpd.evaluation.results import Evaluation, find_evaluation
from vpd.evaluation.tracking import Tracking
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class Outcome:
    """What came of a registration: the version, and whether it became champion."""

    evaluation_id: str
    registered: Registered
    check: ChampionCheck


def note(store: ArtifactStore, evaluation: Evaluation) -> None:
    """Note that the student of an evaluation is to be registered."""
    since = datetime.now(UTC).isoformat()
    store.put_document(f"pending/{evaluation.evaluation_id}", {"since": since})


def register_pending(
    tracking: Tracking, store: ArtifactStore, cache: Path, reason: str, tags: Mapping[str, str]
) -> Iterator[Outcome]:
    """Register every student that waits, and promote it if the check passes; yields each as it is done.

    `tags` are set on every version. An evaluation that the store no longer has is dropped. Raises
    RegistryError if MLflow cannot be reached, StoreError if a training run is gone; what is left still waits.
    """
    from vpd.distill.checkpoint import fetch_run

    for evaluation_id in _waiting(store):
        evaluation = find_evaluation(store, evaluation_id)
        if evaluation is None:
            store.delete_document(f"pending/{evaluation_id}")
            continue
        files = fetch_run(store, evaluation.runs[STUDENT], cache)
        registered = register(tracking, store, files, evaluation, tags=tags)
        check = promote(tracking, store, registered.version, reason, registered.name, automatic=True)
        store.delete_document(f"pending/{evaluation_id}")
        yield Outcome(evaluation_id, registered, check)


def _waiting(store: ArtifactStore) -> list[str]:
    names = store.documents("pending/")
    since = {name: (store.get_document(name) or {}).get("since", "") for name in names}
    return [name.removeprefix("pending/") for name in sorted(names, key=lambda name: (since[name], name))]
