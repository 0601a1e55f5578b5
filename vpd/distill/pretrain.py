"""A base for the embedded student: perception and words bound to places, trained on captions of scenes.

    folder/store    pictures and their captions as examples (`vpd.datasets.scenes.captions`)
    folder/blank    the student with random weights, and the tokenizer that all later runs share
    folder/run      the training run, by the same script as a distillation; its model is the base

Everything is resumed: what is there is not made again. Pictures have seeds of their own, far from those of
any source, so no picture of a data set is pretrained on.

Not here: questions. The tokenizer has seen their words, the weights have not.
"""

import multiprocessing
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from vpd.datasets.scenes.captions import captions
from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.questions import bank
from vpd.datasets.scenes.world import LEVELS, LevelName
from vpd.distill.config import StudentConfig, TrainConfig
from vpd.distill.data import Examples
from vpd.distill.hardware import Hardware
from vpd.distill.named_file import load_named
from vpd.distill.notation import NotationName
from vpd.distill.run_folder import RunFolder
from vpd.errors import TrainingError
from vpd.rationale.prompts import SUFFIXES
from vpd.rationale.telling.forms import FORMS
from vpd.records import EXAMPLES, Example, stable_id
from vpd.stage import Inputs, Stage, StageOutput, run_stage
from vpd.store import ArtifactStore

FOLDER = Path(__file__).parents[2] / "infra" / "bases"
FIRST_SEED = 900_000_000  # sources number theirs from seed * 10,000,000: seed 90 and above meets these
PICTURES_PER_SHARD = 1000
VALIDATED = 50  # one picture in so many is of the val split
_STAGE = Stage(EXAMPLES, "captions-2")


class PretrainConfig(BaseModel):
    """What a base is made of, as a TOML file in `infra/bases` or anywhere says it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: LevelName = Field(default="easy", description="kind of picture")
    pictures: int = Field(default=20_000, ge=1, description="pictures, with about seven captions each")
    steps: int = Field(default=5000, ge=1, description="training steps")
    batch_size: int = Field(default=84, ge=1, description="captions a step over all ranks")
    lr: float = Field(default=3e-3, gt=0, description="peak learning rate")
    notation: NotationName = Field(default="boxes", description="how captions say where something is")
    seed: int = Field(default=0, description="seed of captions, weights and order")
    ranks: int = Field(default=2, ge=1, description="processes that train together")
    student: StudentConfig = StudentConfig()
    hardware: Hardware = Hardware()


def load_base_settings(name: str) -> PretrainConfig:
    """Read the settings of a base by its name in `infra/bases`, or by the path of a TOML file.

    Raises ConfigError that names the bases there are, or the file and every wrong field.
    """
    return load_named("base", name, FOLDER, PretrainConfig).settings


def pretrain(folder: Path, config: PretrainConfig) -> Path:
    """Make a base in a folder and return where its model is, as `TrainConfig.base` takes it.

    Raises StoreError if the folder cannot be written, TrainingError if training fails.
    """
    store = ArtifactStore.open(str(folder / "store"))
    shards = write_captions(store.uri, config)
    blank = folder / "blank"
    if not (blank / "config.json").exists():
        _build(store, shards, config, blank)
    run = TrainConfig(
        store=store.uri,
        shards=tuple(shards),
        arm="instruct",
        output=folder / "run",
        base=str(blank),
        seed=config.seed,
        steps=config.steps,
        batch_size=config.batch_size,
        optimizer="muon",
        lr=config.lr,
        notation=config.notation,
        hardware=config.hardware,
    )
    if RunFolder(run, Examples.of(run).survey()).finished() is not None:
        return run.output / "model"
    settings = folder / "run.json"
    run.save(settings)
    launch = [sys.executable, "-m", "vpd.distill.launch", "--ranks", str(config.ranks)]
    if subprocess.run([*launch, "--config", str(settings)], check=False).returncode:
        raise TrainingError(f"pretraining in {folder} failed: what it said is above")
    return run.output / "model"


def write_captions(uri: str, config: PretrainConfig) -> list[str]:
    """Write all pictures and captions, one process a core; returns the shards in order."""
    numbers = range(-(-config.pictures // PICTURES_PER_SHARD))
    workers = min(len(numbers), os.cpu_count() or 1)
    with ProcessPoolExecutor(workers, multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(partial(_write, uri, config), numbers))


def _write(uri: str, config: PretrainConfig, number: int) -> str:
    """Commit the captions of one shard of pictures unless they are there; returns the shard."""
    store = ArtifactStore.open(uri)
    shard = f"captions-{number:03d}"
    first = number * PICTURES_PER_SHARD
    last = min(config.pictures, first + PICTURES_PER_SHARD)

    def compute(_: Inputs) -> StageOutput:
        rows = [row for picture in range(first, last) for row in _examples(store, config, picture)]
        return StageOutput(EXAMPLES.frame(rows), {"pictures": last - first})

    settings = {"level": config.level, "seed": config.seed, "first": first, "last": last}
    run_stage(store, _STAGE, shard, settings, compute)
    return shard


def _examples(store: ArtifactStore, config: PretrainConfig, picture: int) -> Iterator[Example]:
    level = LEVELS[config.level]
    scene, png = generate_scene(level, FIRST_SEED + picture)
    image_id = store.put_blob(png)
    for number, caption in enumerate(captions(scene, level, config.seed)):
        name = f"{picture}-{number}"
        yield Example(
            example_id=stable_id("caption", config.level, name),
            question_id=name,
            image_id=image_id,
            split="val" if picture % VALIDATED == 0 else "train",
            family=caption.prompt.split()[0].lower(),
            held_out_text=False,
            mode="answer",
            prompt=caption.prompt,
            target=caption.target,
            answer=caption.target,
            verdict_id=None,
            trace_id=None,
            renderer="",
        )


def _build(store: ArtifactStore, shards: list[str], config: PretrainConfig, folder: Path) -> None:
    """Save the student with random weights and a tokenizer that knows the words of later runs."""
    from vpd.distill.student import build_student

    def texts() -> Iterator[str]:
        for shard in shards:
            frame = store.read_shard(EXAMPLES, shard)
            yield from frame["prompt"]
            yield from frame["target"]
        for text in (*_questions(config.level), *_sentences()):
            yield from (text, text)  # the tokenizer passes over what occurs once

    build_student(config.student, texts(), config.seed).save(folder)


def _questions(level: LevelName) -> Iterator[str]:
    for form in bank(LEVELS[level]):
        yield from (f"{form.text} {suffix}" for suffix in SUFFIXES.values())


def _sentences() -> Iterator[str]:
    """Yield sentences made of the words of rationales, in any order."""
    words = [p.replace("{", " ").replace("}", " ") for phrasings in FORMS.values() for p in phrasings]
    random.Random(0).shuffle(words)
    yield from (f"I find. {text[0].upper()}{text[1:]}. The answer is yes. No." for text in words)
