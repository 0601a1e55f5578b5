"""What training costs beside the model: the whole loop over a bare torch loop of the same work.

`vpd bench training --json` prints it. The embedded student learns from easy scenes as
in the demo. A turn is one training by the shipped script, then one of the bare loop (`benchmarks._bare_loop`)
on the same batches, made beforehand, in processes of their own; starting up is in neither. Once with one rank
and once with two, each with one thread. What depends on time is the least, median and greatest of the turns.

    ratio               questions per second of the whole loop (store, pictures, tokens, DeepSpeed, progress,
                        MLflow, a checkpoint) over those of the bare loop
    waiting             share of the loop's time in which a step waited for its batch
    loader              CPU milliseconds that the batch of a step takes: reading its rows, and making tensors
                        where its pictures are new, or kept
    parts               padding in rationales that are passed in 1 to 4 parts of like length, and CPU
                        milliseconds of forward and backward
    shared_image_pass   pairs (question and text) per CPU second if texts share the pass over their picture,
                        and if each brings its tokens along
    utilisation         of a GPU by a student of 3 billion parameters; not run where there is no GPU
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any

import torch

from benchmarks._lessons import write_lessons
from benchmarks._utilisation import measure_utilisation
from vpd.distill.buckets import by_length
from vpd.distill.collate import Batch
from vpd.distill.config import MlflowConfig, TrainConfig
from vpd.distill.data import Examples, Part
from vpd.distill.features import image_features
from vpd.distill.loss import DistillationLoss, example_losses
from vpd.distill.pictures import look
from vpd.distill.reading import Pictures
from vpd.distill.student import build_student
from vpd.distill.task import collator_of
from vpd.distill.whole import WholeSequences
from vpd.store import ArtifactStore

PICTURES = 288
STEPS = 100
TURNS = 5
BATCHES = 8  # of the parts that are timed apart
COMPARED = 10  # first losses, which must agree
_ROOT = Path(__file__).parents[1]
_TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node")

Figures = dict[str, Any]


def run(pictures: int = PICTURES, steps: int = STEPS, turns: int = TURNS) -> Figures:
    """Measure the loop with one rank and two, and its parts."""
    figures: Figures = {"cores": len(os.sched_getaffinity(0)), "load_average": os.getloadavg()[0]}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = ArtifactStore.open(str(folder / "store"))
        config = TrainConfig(
            store=store.uri,
            shards=write_lessons(store, pictures),
            arm="student",
            output=folder / "parts",
            steps=steps,
            eval_questions=0,
        )
        for ranks in (1, 2):
            figures[f"ranks_{ranks}"] = _loop(config, folder, ranks, turns)
        figures |= _parts(config, turns)
    figures["utilisation"] = measure_utilisation()
    return figures


def _loop(config: TrainConfig, folder: Path, ranks: int, turns: int) -> Figures:
    ours, bare = [], []
    for turn in range(turns):
        output = folder / f"{ranks}-{turn}"
        mlflow = MlflowConfig(tracking_uri=f"sqlite:///{output}/mlflow.db")
        file = output / "settings.json"
        config.model_copy(update={"output": output, "mlflow": mlflow}).save(file)
        _python("-m", "vpd.distill.launch", "--ranks", str(ranks), "--config", str(file))
        _python(*_TORCHRUN, str(ranks), "-m", "benchmarks._bare_loop", "--config", str(file))
        ours.append(json.loads((output / "training.json").read_text()))
        bare.append(json.loads((output / "bare.json").read_text()))
    _assert_same_losses(ours[0]["history"], bare[0]["losses"])
    questions = config.steps * config.batch_size
    epochs = questions / ours[0]["train_questions"]
    return {
        "epochs": epochs,
        "questions_per_second": _spread([questions / run["seconds"] for run in ours]),
        "bare_questions_per_second": _spread([questions / run["seconds"] for run in bare]),
        "ratio": _spread([b["seconds"] / o["seconds"] for o, b in zip(ours, bare, strict=True)]),
        "waiting": _spread([sum(r["data_seconds"] for r in o["history"]) / o["seconds"] for o in ours]),
        "bare_cpu_ms_per_step": _spread([1000 * run["cpu_seconds"] / config.steps for run in bare]),
    }


def _python(*arguments: str) -> None:
    """Run Python in the checkout, with one thread a rank as the launcher has it."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "DS_ACCELERATOR": "cpu", "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(
        [sys.executable, *arguments], cwd=_ROOT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")


def _assert_same_losses(history: Sequence[dict[str, float]], losses: Sequence[float]) -> None:
    """See that both loops did the same work, before rounding has made them part."""
    pairs = [(record["loss"], loss) for record, loss in zip(history, losses, strict=True)][:COMPARED]
    if any(abs(a - b) > 0.01 * b for a, b in pairs):
        raise AssertionError(f"the bare loop has other losses: {pairs}")


def _parts(config: TrainConfig, turns: int) -> Figures:
    torch.set_num_threads(1)
    examples = Examples.of(config)
    vlm = build_student(config.student, examples.texts(), config.seed)
    stream = examples.batches(config.batch_size, Part(), questions=examples.survey().questions)
    started = time.process_time()
    questions = list(islice(stream, BATCHES))
    read = time.process_time() - started
    collate = collator_of(config, vlm.processor)
    new, batches = _cpu(lambda: [collate(q) for q in questions])
    seen, _ = _cpu(lambda: [collate(q) for q in questions])
    each = 1000 / BATCHES
    return {
        "loader": {"read_ms": read * each, "new_pictures_ms": new * each, "kept_pictures_ms": seen * each},
        "parts": {str(n): _in_parts(vlm.model, batches, n, turns) for n in (1, 2, 3, 4)},
        "shared_image_pass": _shared(vlm.model, batches, turns),
    }


def _in_parts(model: torch.nn.Module, batches: Sequence[Batch], parts: int, turns: int) -> Figures:
    objective = DistillationLoss(model, parts=parts)
    masks = [p.attention_mask for b in batches for p in by_length(b.texts["rationale"], parts)]
    real, tokens = sum(int(m.sum()) for m in masks), sum(m.numel() for m in masks)

    def step() -> None:
        for batch in batches:
            torch.stack(list(objective(batch).values())).sum().backward()
            model.zero_grad()

    milliseconds = [1000 * _cpu(step)[0] / len(batches) for _ in range(turns)]
    return {"padding": 1 - real / tokens, "cpu_ms": _spread(milliseconds)}


def _shared(model: torch.nn.Module, batches: Sequence[Batch], turns: int) -> Figures:
    """Compare on the same batches, turn by turn."""
    pairs = sum(len(rows.picture) for batch in batches for rows in batch.texts.values())

    def whole(batch: Batch) -> Pictures:
        return WholeSequences(model, batch.prefix, image_features(model, batch.prefix), prefix_lm=False)

    def step(see: Callable[[Batch], Pictures]) -> None:
        for batch in batches:
            pictures = see(batch)
            rows = batch.texts.values()
            losses = [example_losses(pictures.logits(texts), texts.labels).sum() for texts in rows]
            (torch.stack(losses).sum() / batch.questions).backward()
            model.zero_grad()

    shared, separate = [], []
    for _ in range(turns):
        shared.append(pairs / _cpu(lambda: step(lambda batch: look(model, batch.prefix)))[0])
        separate.append(pairs / _cpu(lambda: step(whole))[0])
    return {
        "pairs_per_cpu_second": _spread(shared),
        "whole_pairs_per_cpu_second": _spread(separate),
        "times": _spread([a / b for a, b in zip(shared, separate, strict=True)]),
    }


def _cpu(work: Callable[[], Any]) -> tuple[float, Any]:
    """Return CPU seconds and the result."""
    started = time.process_time()
    result = work()
    return time.process_time() - started, result


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {"min": min(values), "median": median(values), "max": max(values)}
