"""The student's optional second stage: its configuration after a first one, and what it reports."""

from collections.abc import Mapping
from typing import Any

import dagster as dg

from vpd.distill.config import TrainConfig
from vpd.settings import load_settings
from vpd.store import ArtifactStore


def plan_preference(
    first: TrainConfig, trained: Mapping[str, Any], steps: int, store: ArtifactStore
) -> TrainConfig:
    """Return the configuration of the stage after a trained student, where and as that was trained."""
    from vpd.distill.preference_stage import after_run

    home = load_settings().home.resolve()
    machine = {name: getattr(first, name) for name in ("s3_endpoint", "deepspeed")}
    if first.mlflow is not None:
        machine["mlflow"] = first.mlflow.model_copy(update={"run_name": "preference"})
    return after_run(store, trained, home, **machine, steps=steps)


def preference_metadata(run: Mapping[str, Any], page: str | None) -> dict[str, Any]:
    """Return what the stage reports in the UI; its run is now the student's."""
    final = run["final"]
    reported: dict[str, Any] = {
        "student_first_run": run["config"]["base"].removeprefix("run:"),
        "student_run": run["run_id"],
        "preference_pairs": run["train_questions"],
        "preference_seconds": run["seconds"],
    }
    held = {name.removeprefix("val_"): final[name] for name in sorted(final) if name.startswith("val_")}
    reported |= {f"preference_held_{name}": round(value, 4) for name, value in held.items()}
    if page is not None:
        reported["preference_mlflow"] = dg.MetadataValue.url(page)
    return reported
