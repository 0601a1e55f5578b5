"""Train one arm: `python -m vpd.distill.train --config run.json`, by hand, by torchrun, or by Dagster Pipes.

Run again after any interruption, it goes on from the last whole checkpoint; after it has finished, it
returns at once. On one machine `python -m vpd.distill.launch --ranks 2 --config run.json` starts two ranks.

Not here: LoRA, gradient accumulation, preference optimisation.
"""

import argparse
import os
import resource
import sys
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dagster_pipes import PipesContext, PipesEnvVarParamsLoader, open_dagster_pipes
from transformers.utils.logging import disable_progress_bar

from vpd.distill.collate import Batch, Collator
from vpd.distill.config import TrainConfig
from vpd.distill.data import Examples
from vpd.distill.engine import Engine, start_ranks, stop_ranks
from vpd.distill.export import export
from vpd.distill.launch import end_with_parent
from vpd.distill.progress import MlflowRun, Progress, Record
from vpd.distill.run_folder import RunFolder
from vpd.distill.student import Vlm, build_student, load_student
from vpd.errors import VpdError


@dataclass(frozen=True)
class Run:
    """What one rank of a training run works with."""

    folder: RunFolder
    examples: Examples
    engine: Engine
    vlm: Vlm
    collate: Collator

    @property
    def config(self) -> TrainConfig:
        """The configuration."""
        return self.folder.config


def train(config: TrainConfig, pipes: PipesContext | None = None) -> dict[str, Any]:
    """Train one arm and return its report, the content of `training.json`.

    Raises DataError, MissingShardError or StoreError for unfit data, ConfigError for a wrong setting or an
    output of another run, RegistryError if MLflow is down at the start, TrainingError if training diverges
    or the exported model does not read back.
    """
    part = start_ranks()
    examples = Examples.of(config)
    folder = RunFolder(config, examples.survey(), part.world)
    report = folder.finished()
    if report is None:
        with folder.claim() if part.rank == 0 else nullcontext():
            vlm = _student(config, examples)
            run = Run(
                folder, examples, Engine(config, vlm.model, part), vlm, Collator(vlm.processor, config.arm)
            )
            report = _train(run, pipes)
    elif part.rank == 0:
        print(f"{config.arm}: {config.output} is already trained", flush=True)
    if pipes is not None:
        pipes.report_custom_message({k: v for k, v in report.items() if k != "history"})
    return report


def _student(config: TrainConfig, examples: Examples) -> Vlm:
    if config.base is not None:
        return load_student(config.base)
    return build_student(config.student, examples.texts(), config.seed)


def _train(run: Run, pipes: PipesContext | None) -> dict[str, Any]:
    state = run.engine.resume(run.folder.checkpoints) or {"history": [], "seconds": 0.0}
    progress = _progress(run, state["history"], pipes)
    first, started = len(progress.history), time.monotonic() - state["seconds"]
    validation = _validation(run)
    batches = run.examples.batches(
        run.config.batch_size, run.engine.part, questions=run.folder.survey.questions, start=first
    )
    for step in range(first, run.config.steps):
        result = run.engine.step(step, run.collate(next(batches)))
        record: Record = {"step": result.step, "loss": result.loss, "lr": result.lr, **result.losses}
        if result.step % run.config.eval_every == 0 or result.step == run.config.steps:
            record |= {f"val_{name}": value for name, value in run.engine.evaluate(validation).items()}
        progress.record(record)
        if result.step % run.config.checkpoint_every == 0 and result.step < run.config.steps:
            state = {"history": progress.history, "seconds": time.monotonic() - started}
            run.engine.save(run.folder.checkpoints, result.step, state)
    report = _finish(run, progress, time.monotonic() - started)
    progress.finish()
    return report


def _progress(run: Run, history: list[Record], pipes: PipesContext | None) -> Progress:
    if run.engine.part.rank > 0:
        return Progress(run.config, history, quiet=True)
    if history:
        print(f"{run.config.arm}: goes on from step {len(history)}", flush=True)
    mlflow = MlflowRun(run.config.mlflow, run.config, run.folder.fingerprint) if run.config.mlflow else None
    return Progress(run.config, history, mlflow=mlflow, pipes=pipes)


def _validation(run: Run) -> list[Batch]:
    """Return this rank's validation batches; every rank gets the same number of questions."""
    rows = run.examples.validation(run.config.eval_questions)
    world = run.engine.part.world
    mine = run.engine.part.of(rows[: len(rows) // world * world])
    size = max(1, run.config.batch_size // world)
    return [run.collate(run.examples.with_images(mine[i : i + size])) for i in range(0, len(mine), size)]


def _finish(run: Run, progress: Progress, seconds: float) -> dict[str, Any]:
    """Export the model, read it back, and write the report; every rank must call this."""
    batch = next(
        run.examples.batches(run.config.batch_size, run.engine.part, questions=run.folder.survey.questions)
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
        "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "mlflow_run_id": progress.mlflow.run_id if progress.mlflow else None,
        "final": progress.history[-1],
        "history": progress.history,
    }
    if run.engine.part.rank == 0:
        export(run.vlm, weights, run.folder.model, sample, expected)
        run.folder.finish(report)
    return report


def main() -> int:
    """Run from the command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vpd.distill.train", description="Train one arm.")
    parser.add_argument("--config", type=Path, required=True, help="JSON file with the fields of TrainConfig")
    arguments = parser.parse_args()
    if "TORCHELASTIC_RUN_ID" in os.environ:
        end_with_parent()
    disable_progress_bar()
    first = os.environ.get("RANK", "0") == "0"
    dagster = first and PipesEnvVarParamsLoader().is_dagster_pipes_process()  # type: ignore[no-untyped-call]
    try:
        with open_dagster_pipes() if dagster else nullcontext() as pipes:
            train(TrainConfig.load(arguments.config), pipes)
    except VpdError as error:
        print(f"error: {error}", file=sys.stderr, flush=True)
        return 1
    finally:
        stop_ranks()
    return 0


if __name__ == "__main__":
    sys.exit(main())
