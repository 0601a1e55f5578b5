"""Training of the two arms: on which shards, under which configuration, and what a finished run reports.

An arm that is already trained on this data with these settings is found in the store and not trained again.
Not here: the training itself (`vpd.distill`) and where it runs (`resources.gpu_cluster`).
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dagster as dg
from pydantic import Field, ValidationError

from resources.artifact_store import ArtifactStoreResource
from resources.gpu_cluster import GpuClusterResource
from resources.mlflow_tracking import MlflowTrackingResource
from vpd.datasets.sources import find_spec, shard_names
from vpd.distill.config import Arm, MlflowConfig, TrainConfig, fingerprint, problems
from vpd.distill.recipe import load_recipe
from vpd.errors import ConfigError, MissingShardError, RegistryError
from vpd.records import EXAMPLES
from vpd.settings import load_settings
from vpd.store import ArtifactStore

ARMS: tuple[Arm, ...] = ("student", "instruct")


class Training(dg.Config):
    """Settings of one training; what is not here or in the recipe has the defaults of `vpd.distill.config`.

    A specialist starts from a generalist: `base` is `run:` and the id of the generalist's run, `sources` the
    one to specialise in. Its twin starts from the same base, not from the generalist's twin, so that the arms
    differ in their targets alone.
    """

    sources: list[str] = Field(
        default=[],
        description="Registered sources to train on; empty: those of the mixture, or without one all whose "
        "shards are all committed",
    )
    recipe: str | None = Field(
        default="laptop",
        description="Name of a recipe (`vpd recipes`) or path of a TOML file; null: the trainer's defaults",
    )
    base: str | None = Field(
        default=None,
        description="Start from run:RUN_ID, a folder or a hub id; empty: as the recipe says, or from nothing",
    )
    mixture: dict[str, float] = Field(
        default={}, description="Weight of every source; empty: as the recipe says, or none"
    )
    steps: int | None = Field(
        default=None, description="Steps of each arm; empty: as the recipe says, or the trainer's default"
    )
    seed: int = Field(default=0, description="Seed of weights and order, the same for both arms")
    preference_steps: int = Field(
        default=0,
        ge=0,
        description="Steps of a second stage of the student, on pairs of right and wrong rationales; 0: "
        "none. Its twin has no such stage, so the arms no longer see the same number of steps",
    )

    def method(self) -> dict[str, Any]:
        """Return fields of TrainConfig: the recipe's, and over them those given here.

        Raises ConfigError for a recipe that is not there or is wrong.
        """
        recipe = load_recipe(self.recipe).settings if self.recipe else {}
        here = {"base": self.base, "mixture": self.mixture, "steps": self.steps}
        return (
            recipe
            | {name: value for name, value in here.items() if value not in (None, {})}
            | {"seed": self.seed}
        )


def chosen_sources(settings: Training) -> list[str]:
    """Return the sources to train on; none if all that are complete."""
    return settings.sources or sorted(settings.method().get("mixture", {}))


def training_shards(store: ArtifactStore, sources: list[str]) -> list[str]:
    """Return the shards to train on, in order: all of every chosen source.

    A source that is half done would make a model that nobody can make again. Raises ConfigError for a source
    that is not registered, MissingShardError if a chosen one is not complete or, without a choice, none is.
    """
    committed = set(store.shards(EXAMPLES))
    names = sources or [name.removeprefix("sources/") for name in store.documents("sources/")]
    shards_of = {name: shard_names(find_spec(store, name)) for name in names}
    missing = [shard for shards in shards_of.values() for shard in shards if shard not in committed]
    complete = [name for name in names if committed.issuperset(shards_of[name])]
    if not complete or (sources and missing):
        raise MissingShardError(
            f"cot_dataset lacks {len(missing)} shards of {', '.join(names) or 'any source'}"
            f"{f', such as {missing[0]}' if missing else ''}: materialise them first"
        )
    return [shard for name in complete for shard in shards_of[name]]


def plan(
    arm: Arm,
    settings: Training,
    shards: list[str],
    artifact_store: ArtifactStoreResource,
    mlflow_tracking: MlflowTrackingResource,
    links: Mapping[str, str],
) -> TrainConfig:
    """Return the configuration of one arm; its output folder is named by the id of the run.

    `links` are tags of its MLflow run, set while it trains. Raises ConfigError if the settings are wrong,
    StoreError if there is no run of the id that is to be the base.
    """
    from vpd.distill.checkpoint import base_run, find_run, run_id
    from vpd.distill.data import digests

    store, tracking = artifact_store.open(), mlflow_tracking.tracking
    try:
        config = TrainConfig(
            store=store.uri,
            s3_endpoint=artifact_store.endpoint,
            shards=tuple(shards),
            arm=arm,
            output=Path(),
            mlflow=MlflowConfig(
                tracking_uri=tracking.uri,
                experiment=tracking.experiment,
                tags=dict(links),
            ),
            **settings.method(),
        )
    except ValidationError as error:
        where = f" with recipe {settings.recipe}" if settings.recipe else ""
        raise ConfigError(f"configuration of vlm_checkpoint{where}: {problems(error)}") from error
    generalist = base_run(config.base)
    if generalist is not None:
        find_run(store, generalist)
    run = run_id(arm, fingerprint(config, digests(store, shards)))
    return config.model_copy(update={"output": load_settings().home.resolve() / "runs" / run})


def train_or_find(
    context: dg.AssetExecutionContext,
    store: ArtifactStore,
    config: TrainConfig,
    gpu_cluster: GpuClusterResource,
) -> dict[str, Any]:
    """Return the document of the planned run, training it first if the store has none."""
    from vpd.distill.checkpoint import publish_run

    found = store.get_document(f"runs/{config.output.name}")
    if found is not None:
        return found
    gpu_cluster.train(context, config)
    return publish_run(store, config.output)


def record_or_warn(
    context: dg.AssetExecutionContext,
    mlflow_tracking: MlflowTrackingResource,
    runs: Mapping[Arm, Mapping[str, Any]],
) -> dict[str, str]:
    """Complete the MLflow runs of the arms and return {arm: address of its page}.

    If MLflow is down that is told, and done at registration.
    """
    from vpd.evaluation.run_page import record_training

    try:
        ids = record_training(mlflow_tracking.tracking, {str(arm): run for arm, run in runs.items()})
        return {arm: mlflow_tracking.run_url(run_id) for arm, run_id in ids.items()}
    except RegistryError as error:
        context.log.warning(f"{error}; registered_model completes the runs in MLflow")
        return {}


def summary(runs: Mapping[Arm, Mapping[str, Any]]) -> str:
    """Return one line about the trained arms."""
    losses = ", ".join(f"{arm} {run['final']['answer']:.3f}" for arm, run in runs.items())
    steps, seconds = runs["student"]["config"]["steps"], sum(run["seconds"] for run in runs.values())
    return f"{steps} steps for each arm in {seconds:.0f} s, last answer loss: {losses}"


def run_metadata(
    arm: str, run: Mapping[str, Any], page: str | None
) -> dict[str, dg.MetadataValue[Any] | str | int | float]:
    """Return what one arm's run reports in the UI; `page` is the address of its MLflow run, if known."""
    reported: dict[str, dg.MetadataValue[Any] | str | int | float] = {
        "run": run["run_id"],
        "seconds": run["seconds"],
        "questions_seen": run["questions_seen"],
        "parameters": run["parameters"],
        "peak_memory_mb": run["peak_memory_mb"],
        "answer_loss": round(run["final"]["answer"], 4),
    }
    took = ("gpu_hours", "peak_gpu_memory_mb")
    reported |= {name: run[name] for name in took if name in run}  # runs from before do not tell
    if page is not None:
        reported["mlflow"] = dg.MetadataValue.url(page)
    return {f"{arm}_{name}": value for name, value in reported.items()}
