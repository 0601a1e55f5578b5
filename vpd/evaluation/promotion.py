"""Who is champion: promotion through the check, and rollback, each with a reason that the version keeps.

The alias `champion` is the truth; tags of the versions tell how it came there:

    vpd.promoted_reason, _by, _at       of the version that became champion
    vpd.previous_champion               the version it replaced, to which a rollback returns
    vpd.check                           what the check on held-out questions found
    vpd.rolled_back_reason, _by, _at    of a champion that was taken back; it does not come back by itself

Not here: the check (`vpd.evaluation.champion`), registering a version (`vpd.evaluation.registry`).
"""

import getpass
import os
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from vpd.errors import ConfigError
from vpd.evaluation.champion import ChampionCheck, champion_check
from vpd.evaluation.results import Evaluation, find_evaluation
from vpd.evaluation.tracking import Tracking
from vpd.store import ArtifactStore

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODEL_NAME = "vpd-student"
CHAMPION = "champion"
CHALLENGER = "challenger"
_PREVIOUS = "vpd.previous_champion"
_ROLLED_BACK = "vpd.rolled_back"


@dataclass(frozen=True)
class Rollback:
    """The version that was champion, and the one that is champion again."""

    version: str
    champion: str


def promote(
    tracking: Tracking,
    store: ArtifactStore,
    version: str,
    reason: str,
    name: str = MODEL_NAME,
    *,
    automatic: bool = False,
) -> ChampionCheck:
    """Make a version the champion if `champion_check` passes; otherwise nothing changes.

    An automatic promotion does not bring back a version that was rolled back. Raises ConfigError without a
    reason or version, RegistryError if MLflow cannot be reached, MissingShardError if predictions are gone.
    """
    _need(reason)
    client = tracking.client()
    with tracking.errors(f"look up the champion of {name!r}"):
        present = aliased(client, name, CHAMPION)
        tags = _tags(client, name, version)
        champion_tags = _tags(client, name, present) if present else {}
    evaluation = find_evaluation(store, tags.get("vpd.evaluation_id", ""))
    if evaluation is None:
        raise ConfigError(
            f"{store.uri} has no evaluation of {name} version {version}: evaluate it here first"
        )
    if present == version:
        return ChampionCheck(True, "it is the champion", evaluation.result("student", "answer").accuracy.mean)
    if automatic and f"{_ROLLED_BACK}_reason" in tags:
        return _rolled_back(version, tags, evaluation)
    check = _check(store, evaluation, present, champion_tags)
    if check.passed:
        with tracking.errors(f"make version {version} of {name!r} champion"):
            _crown(client, name, version, present, reason, check)
    return check


def rollback(tracking: Tracking, reason: str, name: str = MODEL_NAME) -> Rollback:
    """Give the alias back to the version that the champion replaced; no check holds this up.

    A previous champion that was rolled back itself is passed over for the one before it. Raises ConfigError
    without a reason, a champion or an earlier one, RegistryError if MLflow cannot be reached.
    """
    _need(reason)
    client = tracking.client()
    with tracking.errors(f"roll back {name!r}"):
        present = aliased(client, name, CHAMPION)
        if present is None:
            raise ConfigError(f"{name} has no champion: promote a version first")
        before = _before(client, name, present)
        for key, value in _decision(_ROLLED_BACK, reason).items():
            client.set_model_version_tag(name, present, key, value)
        client.set_registered_model_alias(name, CHAMPION, before)
    return Rollback(present, before)


def aliased(client: "MlflowClient", name: str, alias: str) -> str | None:
    """Return the version that has an alias, or None; None as well if there is no such model."""
    found = client.search_registered_models(f"name = '{name}'")
    version = found[0].aliases.get(alias) if found else None
    return None if version is None else str(version)


def _before(client: "MlflowClient", name: str, champion: str) -> str:
    seen = {champion}
    version = _tags(client, name, champion).get(_PREVIOUS)
    while version is not None and version not in seen:
        tags = _tags(client, name, version)
        if f"{_ROLLED_BACK}_reason" not in tags:
            return version
        seen.add(version)
        version = tags.get(_PREVIOUS)
    raise ConfigError(
        f"{name} version {champion} replaced no champion that was not itself rolled back: "
        "promote another version with `vpd promote`"
    )


def _check(
    store: ArtifactStore, evaluation: Evaluation, present: str | None, tags: Mapping[str, str]
) -> ChampionCheck:
    if present is None:
        return champion_check(store, evaluation, None)
    current = find_evaluation(store, tags.get("vpd.evaluation_id", ""))
    if current is not None:
        return champion_check(store, evaluation, current)
    reason = f"no evaluation of champion version {present} in {store.uri}: evaluate its checkpoint here first"
    return ChampionCheck(False, reason, evaluation.result("student", "answer").accuracy.mean)


def _rolled_back(version: str, tags: Mapping[str, str], evaluation: Evaluation) -> ChampionCheck:
    why, when = tags[f"{_ROLLED_BACK}_reason"], tags.get(f"{_ROLLED_BACK}_at", "")
    reason = f"it was rolled back {when}: {why}; `vpd promote {version} --reason TEXT` brings it back"
    return ChampionCheck(False, reason, evaluation.result("student", "answer").accuracy.mean)


def _crown(
    client: "MlflowClient", name: str, version: str, present: str | None, reason: str, check: ChampionCheck
) -> None:
    tags = {**_decision("vpd.promoted", reason), "vpd.check": check.reason}
    if present is not None:
        tags[_PREVIOUS] = present
    for key, value in tags.items():
        client.set_model_version_tag(name, version, key, value)
    for key in _tags(client, name, version):
        if key.startswith(f"{_ROLLED_BACK}_"):
            client.delete_model_version_tag(name, version, key)
    client.set_registered_model_alias(name, CHAMPION, version)
    if aliased(client, name, CHALLENGER) == version:
        client.delete_registered_model_alias(name, CHALLENGER)


def _decision(prefix: str, reason: str) -> dict[str, str]:
    when = datetime.now(UTC).isoformat(timespec="seconds")
    return {f"{prefix}_reason": reason, f"{prefix}_by": _who(), f"{prefix}_at": when}


def _who() -> str:
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user may have no name
        user = f"uid {os.getuid()}"
    return f"{user}@{platform.node()}"


def _tags(client: "MlflowClient", name: str, version: str) -> dict[str, str]:
    found = {str(v.version): v for v in client.search_model_versions(f"name = '{name}'")}
    if version not in found:
        known = ", ".join(sorted(found, key=int)) or "none"
        raise ConfigError(f"{name} has no version {version}; there are: {known}")
    return dict(found[version].tags)


def _need(reason: str) -> None:
    if not reason.strip():
        raise ConfigError("a reason is needed: it is kept with the version")
