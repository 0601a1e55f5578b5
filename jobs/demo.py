"""The demo: `python -m jobs.demo` runs the whole pipeline on generated pictures, in one process.

It materialises the ten assets, stage by stage, in the Dagster instance under VPD_HOME, so that the UI shows
all of it. What is up to date is left alone: after an interruption it goes on from the last committed shard,
and a second run finds nothing to do. Not here: anything that only the demo computes.
"""

import os
import time
import traceback
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import dagster as dg
import typer
from dagster._core.errors import DagsterAssetCheckFailedError

from jobs.asset_jobs import pipeline_job
from jobs.freshness import latest, model_up_to_date, outdated_shards
from jobs.results import show_next_steps, show_results
from jobs.screen import Screen, only_screen, screen_logger
from jobs.summaries import SUMMARIES
from jobs.workspace import DEMO_TAG, open_workspace
from resources.artifact_store import ArtifactStoreResource
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.sources import SourceSpec, register, shard_names
from vpd.errors import VpdError
from vpd.settings import load_settings
from vpd.store import ArtifactStore
from vpd_assets.catalog import MODEL_ASSETS, SHARD_ASSETS
from vpd_assets.definitions import defs
from vpd_assets.partitions import add_shards, all_shards, range_tags

SEED = 1


@dataclass(frozen=True)
class Demo:
    """What every stage of one demo needs; `model_config` holds the settings of the model assets by name."""

    instance: dg.DagsterInstance
    store: ArtifactStore
    screen: Screen
    job: dg.JobDefinition
    shards: list[str]
    model_config: Mapping[str, Mapping[str, Any]]

    def materialize_shards(self, asset: dg.AssetsDefinition) -> None:
        """Bring all shards of an asset up to date."""
        name, started = asset.key.to_user_string(), time.monotonic()
        with self.screen.stage(name):
            outdated = outdated_shards(self.instance, self.store, asset, self.shards)
            for tags in range_tags(all_shards(self.instance), outdated):
                self._run(asset, tags)
            summary = SUMMARIES[name](self.store, self.shards)
        self.screen.done(name, summary, time.monotonic() - started if outdated else None)

    def materialize_model(self, asset: dg.AssetsDefinition) -> Mapping[str, dg.MetadataValue[Any]]:
        """Bring an asset of the group `model` up to date; returns what its materialization reported."""
        name, started = asset.key.to_user_string(), time.monotonic()
        settings = self.model_config.get(name, {})
        done = model_up_to_date(self.instance, asset, settings)
        with self.screen.stage(name):
            if not done:
                with suppress(DagsterAssetCheckFailedError):  # not good enough for champion: says the summary
                    self._run(asset, {})
        record = latest(self.instance, asset.key, None)
        assert record is not None
        assert record.asset_materialization is not None
        reported = record.asset_materialization.metadata
        self.screen.done(name, str(reported["summary"].value), None if done else time.monotonic() - started)
        return reported

    def _run(self, asset: dg.AssetsDefinition, tags: Mapping[str, str]) -> None:
        name = asset.key.to_user_string()
        settings = {name: {"config": dict(self.model_config[name])}} if name in self.model_config else {}
        self.job.execute_in_process(
            run_config={"loggers": {"screen": {}}, "ops": settings},
            instance=self.instance,
            asset_selection=[asset.key],
            tags={**tags, **DEMO_TAG},
        )


def main(
    images: Annotated[int, typer.Option(min=20, help="Pictures to generate")] = 1500,
    shards: Annotated[int, typer.Option(min=1, help="Shards to cut them into")] = 16,
    level: Annotated[str, typer.Option(help="Kind of picture: easy or full")] = "easy",
    steps: Annotated[int | None, typer.Option(min=1, help="Training steps of each arm")] = None,
) -> None:
    """Run every stage of Visual Program Distillation on generated pictures; writes to VPD_HOME."""
    home = load_settings().home.resolve()
    home.mkdir(parents=True, exist_ok=True)
    log = home / "demo.log"
    with only_screen(log) as terminal:
        screen = Screen(terminal)
        try:
            _run_all(screen, home, _source(images, shards, level), steps)
        except KeyboardInterrupt:
            screen.console.print("\nStopped. Run it again to go on from the last committed shard.")
            raise typer.Exit(130) from None
        except (VpdError, dg.Failure) as error:
            screen.error((error.description or "") if isinstance(error, dg.Failure) else str(error))
            raise typer.Exit(1) from error
        except Exception as error:
            traceback.print_exc()
            screen.error(f"{error}\nDetails are in {log}")
            raise typer.Exit(1) from error


def _source(images: int, shards: int, level: str) -> SourceSpec:
    """Return the generated source; settings other than the default make another source beside it."""
    standard = (images, shards, level) == (1500, 16, "easy")
    name = "demo" if standard else f"demo-{level}-{images}x{shards}"
    return scenes_spec(name, shards, level=level, images=images, seed=SEED)


def _run_all(screen: Screen, home: Path, spec: SourceSpec, steps: int | None) -> None:
    with open_workspace(home) as instance:
        started = time.monotonic()
        store = ArtifactStoreResource().open()
        screen.console.print(f"Everything is kept in {home}; other output goes to {home / 'demo.log'}")
        shards = shard_names(register(store, spec))
        add_shards(instance, shards)
        with_screen = dg.Definitions.merge(defs, dg.Definitions(loggers={"screen": screen_logger(screen)}))
        base = f"recorded:{spec.options['level']}-boxes"
        training = {"sources": [spec.name], "base": base, **({} if steps is None else {"steps": steps})}
        job = with_screen.resolve_job_def(pipeline_job.name)
        demo = Demo(instance, store, screen, job, shards, {"vlm_checkpoint": training})
        for asset in SHARD_ASSETS:
            demo.materialize_shards(asset)
        _, evaluated, _ = [demo.materialize_model(asset) for asset in MODEL_ASSETS]
        show_results(screen.console, store, str(evaluated["evaluation_id"].value))
        show_next_steps(screen.console, home, str(evaluated["report"].value))
        screen.console.print(f"\nDone in {time.monotonic() - started:.0f} s.")


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["VPD_TOOLS"] = "scenes"  # whatever the shell has set: the demo is about scenes
    typer.run(main)
