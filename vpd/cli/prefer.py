"""`vpd prefer`: teach a trained student to prefer right rationales to wrong ones."""

import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from vpd.errors import ConfigError, TrainingError
from vpd.records import EXAMPLES
from vpd.settings import Settings, load_settings
from vpd.store import ArtifactStore


def command(
    trained: Annotated[
        str, typer.Argument(metavar="RUN_OR_FOLDER", help="id of a run in the store, its folder, or a model")
    ],
    steps: Annotated[int, typer.Option(min=1, help="training steps")] = 50,
    lr: Annotated[float, typer.Option(help="peak of the learning rate")] = 1e-5,
    beta: Annotated[float, typer.Option(help="how closely it is held to where it starts")] = 0.1,
    ranks: Annotated[int, typer.Option(min=1, help="processes that train together")] = 2,
) -> None:
    """Train a student further on pairs of rationales: the kept one of a question, and a refused one.

    Stop it at any time and start it again: it goes on from the last checkpoint. The result is a run of its
    own in the store.
    """
    from vpd.distill.checkpoint import publish_run
    from vpd.distill.config import MlflowConfig

    settings = load_settings()
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    mlflow = MlflowConfig(tracking_uri=settings.mlflow_tracking_uri, run_name="preference")
    given: dict[str, Any] = {"steps": steps, "lr": lr, "preference": {"beta": beta}, "mlflow": mlflow}
    given["s3_endpoint"] = settings.s3_endpoint
    config = _plan(settings, store, trained, given)
    file = config.output / "config.json"
    config.save(file)
    launch = [sys.executable, "-m", "vpd.distill.launch", "--ranks", str(ranks), "--config", str(file)]
    if subprocess.run(launch, check=False).returncode:
        raise TrainingError(f"the preference stage in {config.output} failed: what it said is above")
    document = publish_run(store, config.output)
    final = {name: value for name, value in document["final"].items() if name.startswith("val_")}
    held = ", ".join(f"{name.removeprefix('val_')} {value:.3f}" for name, value in final.items())
    typer.echo(f"{document['run_id']}: {document['train_questions']} pairs; held-out pairs: {held or 'none'}")


def _plan(settings: Settings, store: ArtifactStore, trained: str, given: dict[str, Any]) -> Any:
    from vpd.distill.checkpoint import find_run, publish_run
    from vpd.distill.preference_stage import after_model, after_run

    home, folder = settings.home.resolve(), Path(trained)
    if not folder.is_dir():
        return after_run(store, find_run(store, trained), home, **given)
    if (folder / "training.json").exists():
        return after_run(store, publish_run(store, folder), home, **given)
    if not any((folder / name).exists() for name in ("config.json", "adapter_config.json")):
        raise ConfigError(
            f"{folder} holds neither a finished training run (training.json) nor a model (config.json): name "
            "a run of the store, or the folder of one"
        )
    return after_model(store, str(folder.resolve()), store.shards(EXAMPLES), home, **given)
