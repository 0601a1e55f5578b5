"""The configuration of a preference stage after a training, named like any run by its fingerprint.

Its result is a run of its own in the store, whose `base` leads to the first.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from vpd.distill.checkpoint import run_id
from vpd.distill.config import TrainConfig, fingerprint, problems
from vpd.distill.data import digests, made_from
from vpd.distill.preference import Preference
from vpd.distill.preference_pairs import verdicts
from vpd.errors import ConfigError
from vpd.store import ArtifactStore

_KEPT = ("seed", "lora", "precision", "notation", "hardware")
DEFAULTS: dict[str, Any] = {
    "steps": 50,
    "batch_size": 16,
    "lr": 1e-5,  # at 1e-4 chosen rationales become less likely, too: docs/log.md
    "warmup": 0.1,
    "eval_every": 25,
    "log_every": 5,
}


def after_run(store: ArtifactStore, first: Mapping[str, Any], home: Path, **settings: Any) -> TrainConfig:
    """Return the stage after a run of the store, by its document, on its shards and with its precision.

    `settings` are fields of TrainConfig over the defaults. Raises ConfigError if the run's arm writes no
    rationales or a setting is wrong, MissingShardError if its data are gone.
    """
    if first["arm"] != "student":
        raise ConfigError(
            f"run {first['run_id']} is of arm {first['arm']}: a preference between rationales is for one of "
            "arm student, which writes answers and rationales"
        )
    kept = {name: first["config"][name] for name in _KEPT if name in first["config"]}
    base, shards = f"run:{first['run_id']}", first["config"]["shards"]
    return after_model(store, base, shards, home, **(kept | settings))


def after_model(
    store: ArtifactStore, base: str, shards: Sequence[str], home: Path, **settings: Any
) -> TrainConfig:
    """Return the stage after any model that `TrainConfig.base` can name; raises like `after_run`."""
    fields = {"preference": Preference(), **DEFAULTS, **settings, "base": base, "shards": tuple(shards)}
    try:
        config = TrainConfig.model_validate({**fields, "store": store.uri, "arm": "student", "output": home})
    except ValidationError as error:
        raise ConfigError(f"preference stage of {base}: {problems(error)}") from error
    data = made_from(digests(store, shards), verdicts(store, shards))
    name = run_id(config.arm, fingerprint(config, data))
    return config.model_copy(update={"output": home / "runs" / name})
