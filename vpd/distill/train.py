"""Train one arm: `python -m vpd.distill.train --config run.json`, by hand, by torchrun, or by Dagster Pipes.

Run again after any interruption, it goes on from the last whole checkpoint; after it has finished, it
returns at once. On one machine `python -m vpd.distill.launch --ranks 2 --config run.json` starts two ranks.

A resumed run may have another number of ranks, another ZeRO stage and other hardware settings.

What it trains on, and for what, is `vpd.distill.task`.
"""

import argparse
import os
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from dagster_pipes import PipesContext, PipesEnvVarParamsLoader, open_dagster_pipes
from safetensors import SafetensorError
from torch import distributed
from transformers.utils.logging import disable_progress_bar

from vpd.distill.base import Vlm, load_base
from vpd.distill.best import best_step
from vpd.distill.checkpoint import fetch_base
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.engine import Engine
from vpd.distill.export import export
from vpd.distill.guard import Guard
from vpd.distill.launch import end_with_parent
from vpd.distill.preference_loss import measure_reference
from vpd.distill.preference_pairs import Pairs
from vpd.distill.prefetch import prefetched
from vpd.distill.progress import MlflowRun, Progress, Record
from vpd.distill.ranks import start_ranks, stop_ranks
from vpd.distill.run_folder import RunFolder
from vpd.distill.student import build_student
from vpd.distill.task import Material, collator_of, material_of, objective_of
from vpd.distill.usage import usage
from vpd.errors import DataError, TrainingError, VpdError

_LAST_WORDS = 3.0  # seconds for rank 0 to tell MLflow of a failure: torchrun ends all when one has ended


@dataclass(frozen=True)
class Run:
    """What one rank of a training run works with."""

    folder: RunFolder
    material: Material
    engine: Engine
    vlm: Vlm
    collate: Callable[[Sequence[Any]], Any]

    @property
    def config(self) -> TrainConfig:
        """The configuration."""
        return self.folder.config


def train(config: TrainConfig, pipes: PipesContext | None = None) -> dict[str, Any]:
    """Train one arm and return its report, the content of `training.json`.

    Raises DataError, MissingShardError or StoreError for unfit data, ConfigError for a wrong setting or an
    output of another run, TrainingError if training diverges, the disk is full or the exported model does not
    read back.
    """
    part = start_ranks(config.hardware.device)
    material = material_of(config)
    folder = RunFolder(config, material.survey())
    report = folder.finished()
    if report is None:
        with folder.claim() if part.rank == 0 else nullcontext():
            vlm = _student(config, part)
            engine, collate = Engine(config, vlm.model, part), collator_of(config, vlm.processor)
            if isinstance(material, Pairs):  # before a checkpoint is loaded: by the student of the start
                size = max(1, config.batch_size // part.world)
                material.reference = measure_reference(engine.engine, material, collate, part, size)
            run = Run(folder, material, engine, vlm, collate)
            report = _train(run, pipes)
    elif part.rank == 0:
        print(f"{config.arm}: {config.output} is already trained", flush=True)
    if pipes is not None:
        pipes.report_custom_message({k: v for k, v in report.items() if k != "history"})
    return report


def _student(config: TrainConfig, part: Part) -> Vlm:
    """Return the model to train; one from the store is fetched by rank 0, for all, into the run's folder."""
    examples = Examples.of(config)
    if config.base is None:
        return build_student(config.student, examples.texts(), config.seed)
    if part.rank > 0:
        distributed.barrier()
    base = fetch_base(examples.store, config.base, config.output / "base")
    if part.rank == 0:
        distributed.barrier()
    return load_base(base, config.lora, config.seed)


def _train(run: Run, pipes: PipesContext | None) -> dict[str, Any]:
    last = run.engine.checkpoints.last
    state: dict[str, Any] = (
        {"history": [], "seconds": 0.0} if last is None else run.engine.checkpoints.load(last)
    )
    progress = _progress(run, state["history"], pipes)
    started = time.monotonic() - state["seconds"]
    try:
        _steps(run, progress, started)
        report = _finish(run, progress, time.monotonic() - started)
    except Exception as error:
        progress.end(failure=str(error))
        raise
    progress.end()
    return report


def _steps(run: Run, progress: Progress, started: float) -> None:
    """Take the steps that are left; `started` is when the run had begun, had it never been interrupted."""
    first = len(progress.history)
    guard = Guard(run.config.divergence, (record["loss"] for record in progress.history))
    validation = _validation(run)
    batches = run.material.batches(
        run.config.batch_size, run.engine.part, questions=run.folder.survey.questions, start=first
    )
    steps = map(partial(_passes, run), islice(batches, run.config.steps - first))
    with prefetched(steps) as ready:
        for step in range(first, run.config.steps):
            asked = time.monotonic()
            passes = next(ready)
            waited = time.monotonic() - asked
            result = run.engine.step(step, *passes)
            record: Record = {"step": result.step, "loss": result.loss, "lr": result.lr, **result.losses}
            record |= {"gradient": result.gradient, "data_seconds": waited}
            if result.step % run.config.eval_every == 0 or result.step == run.config.steps:
                record["seconds"] = time.monotonic() - started
                record |= {f"val_{name}": value for name, value in run.engine.evaluate(validation).items()}
            progress.record(record)
            guard.watch(result.step, result.loss)
            _keep(run, progress.history, time.monotonic() - started)


def _passes(run: Run, items: Sequence[Any]) -> list[Any]:
    size = len(items) // run.config.hardware.accumulation
    return [run.collate(items[i : i + size]) for i in range(0, len(items), size)]


def _keep(run: Run, history: list[Record], seconds: float) -> None:
    """Save a checkpoint if it is time, at the best step so far and at the end; keep the best beside it."""
    step, best = len(history), best_step(history)
    if step % run.config.checkpoint_every == 0 or step in (best, run.config.steps):
        state = {"history": history, "seconds": seconds}
        run.engine.checkpoints.save(step, state, keep=() if best is None else (best,))


def _progress(run: Run, history: list[Record], pipes: PipesContext | None) -> Progress:
    if run.engine.part.rank > 0:
        return Progress(run.config, history, quiet=True)
    if history:
        print(f"{run.config.arm}: goes on from step {len(history)}", flush=True)
    mlflow = MlflowRun(run.config.mlflow, run.config, run.folder.fingerprint) if run.config.mlflow else None
    return Progress(run.config, history, mlflow=mlflow, pipes=pipes)


def _validation(run: Run) -> list[Any]:
    """Return this rank's validation batches; every rank gets the same number of questions.

    Raises DataError if the best step is to be exported and the val split has not a question for every rank.
    """
    rows = run.material.validation(run.config.eval_questions)
    world = run.engine.part.world
    if len(rows) < world and run.config.export == "best":
        raise DataError(
            f"export is best, but the val split has {len(rows)} questions for {world} ranks: ingest pictures "
            "with split=val, or set export to last"
        )
    mine = run.engine.part.of(rows[: len(rows) // world * world])
    size = max(1, run.config.batch_size // world)
    return [run.collate(run.material.with_images(mine[i : i + size])) for i in range(0, len(mine), size)]


def _finish(run: Run, progress: Progress, seconds: float) -> dict[str, Any]:
    """Export the model, read it back, and write the report; every rank must call this."""
    best = best_step(progress.history)
    step = run.config.steps if run.config.export == "last" or best is None else best
    if step != run.config.steps:
        run.engine.checkpoints.load(step)
    batch = next(
        run.material.batches(run.config.batch_size, run.engine.part, questions=run.folder.survey.questions)
    )
    sample = run.collate(batch[:8])
    expected, weights = run.engine.losses(sample), run.engine.weights()
    report = {
        "fingerprint": run.folder.fingerprint,
        "arm": run.config.arm,
        "config": run.config.model_dump(mode="json"),
        "digests": run.folder.survey.digests,
        "train_questions": run.folder.survey.questions,
        "train_rationales": run.folder.survey.rationales,
        "ranks": run.engine.part.world,
        "parameters": sum(weights[name].numel() for name, _ in run.vlm.model.named_parameters()),
        "questions_seen": run.config.steps * run.config.batch_size,
        "seconds": round(seconds, 1),
        **usage(seconds, run.engine.engine.device),
        "mlflow_run_id": progress.mlflow.run_id if progress.mlflow else None,
        "best_step": best,
        "exported_step": step,
        "final": progress.history[-1],
        "history": progress.history,
    }
    if run.engine.part.rank == 0:
        try:
            judge = partial(objective_of, run.config)
            export(run.vlm, weights, run.folder.model, sample, expected, judge)
            run.folder.finish(report)
        except (OSError, SafetensorError) as error:
            raise TrainingError(
                f"cannot write the model into {run.folder.path}: {error}; nothing is lost: free disk space "
                "and start the same run again, it goes on from its last checkpoint"
            ) from error
    return report


def main() -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vpd.distill.train", description="Train one arm.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file with the fields of TrainConfig")
    arguments = parser.parse_args()
    if "TORCHELASTIC_RUN_ID" in os.environ:
        end_with_parent()
    os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")  # its 7 would hold up the GPUs for minutes
    disable_progress_bar()
    first = os.environ.get("RANK", "0") == "0"
    dagster = first and PipesEnvVarParamsLoader().is_dagster_pipes_process()  # type: ignore[no-untyped-call]
    try:
        with open_dagster_pipes() if dagster else nullcontext() as pipes:
            train(TrainConfig.load(arguments.config), pipes)
    except VpdError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        if not first:
            time.sleep(_LAST_WORDS)
        return 1
    finally:
        stop_ranks()
    return 0


if __name__ == "__main__":
    sys.exit(main())
