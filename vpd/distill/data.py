"""Training questions streamed from the store, one shard in memory at a time, in an order that a seed decides.

An epoch visits shards in a shuffled order and the pictures of each shard in a shuffled order; the questions
of a picture stay together, since they share its image pass. Epochs follow one another without a gap: step s
takes questions s*B to (s+1)*B of that sequence, and rank r of W the r-th of W equal parts, so every rank
always has a picture and the sequence does not depend on W. Both arms of a twin pair see the same sequence.

Not here: mixing weights over data sets; the splits and their checks (`vpd.fitness`).
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import polars as pl

from vpd.distill.config import Arm, TrainConfig
from vpd.errors import ConfigError, DataError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class TextExample:
    """What the student is asked about a picture and what it should write."""

    prompt: str
    target: str


@dataclass(frozen=True)
class TrainingQuestion:
    """A question with its picture's file, its answer, and its rationale if there is one."""

    question_id: str
    image_id: str
    image: bytes
    answer: TextExample
    rationale: TextExample | None = None


@dataclass(frozen=True)
class Survey:
    """What the shards hold: digests, and how many questions and rationales of the train split."""

    digests: dict[str, str]
    questions: int
    rationales: int


@dataclass(frozen=True)
class Part:
    """The share of every batch that this process trains on: part `rank` of `world` equal ones."""

    rank: int = 0
    world: int = 1

    def of(self, rows: Sequence["QuestionRow"]) -> Sequence["QuestionRow"]:
        """Return this part of a batch."""
        size = len(rows) // self.world
        return rows[self.rank * size : (self.rank + 1) * size]


@dataclass(frozen=True)
class QuestionRow:
    """A question's examples, without the picture."""

    question_id: str
    image_id: str
    answer: TextExample
    rationale: TextExample | None


def digests(store: ArtifactStore, shards: Sequence[str]) -> dict[str, str]:
    """Return {shard: sha256 of its examples}; raises MissingShardError."""
    return {shard: store.manifest(EXAMPLES, shard).data_sha256 for shard in shards}


class Examples:
    """The examples of a run's shards, as its arm sees them."""

    def __init__(self, store: ArtifactStore, shards: Sequence[str], arm: Arm, seed: int) -> None:
        self.store, self.shards, self.arm, self.seed = store, tuple(shards), arm, seed

    @classmethod
    def of(cls, config: TrainConfig) -> "Examples":
        """Open the examples that a configuration names."""
        store = ArtifactStore.open(config.store, config.s3_endpoint)
        return cls(store, config.shards, config.arm, config.seed)

    def survey(self) -> Survey:
        """Read every shard once.

        Raises MissingShardError or CorruptShardError for a bad shard, DataError if there is nothing to
        learn from: no question of the train split, or no rationale for the student.
        """
        questions = rationales = 0
        for shard in self.shards:
            modes = self._frame(shard, "train")["mode"]
            questions += int((modes == "answer").sum())
            rationales += int((modes == "rationale").sum())
        where = f"shards {self.shards[0]} to {self.shards[-1]} of {self.store.uri}"
        if questions == 0:
            raise DataError(f"no questions of the train split in {where}: ingest pictures with split=train")
        if rationales == 0 and self.arm == "student":
            raise DataError(
                f"{questions} train questions but no rationale in {where}: verification kept no program; "
                "look at the yields of verified_programs, or train the instruct arm"
            )
        return Survey(digests(self.store, self.shards), questions, rationales)

    def texts(self) -> Iterator[str]:
        """Yield every prompt and target of the train split, of both arms, so that twins share a tokenizer."""
        for shard in self.shards:
            frame = self._frame(shard, "train")
            yield from frame["prompt"]
            yield from frame["target"]

    def batches(
        self, batch_size: int, part: Part, *, questions: int, start: int = 0
    ) -> Iterator[list[TrainingQuestion]]:
        """Yield this part of the batches of steps `start`, `start + 1`, ... without end.

        `questions` is the survey's count, by which whole epochs are skipped. Raises ConfigError if the
        batch cannot be divided evenly.
        """
        if batch_size % part.world:
            raise ConfigError(f"batch_size: {batch_size} questions do not divide over {part.world} ranks")
        epoch, skip = divmod(start * batch_size, questions)
        sequence = islice(self._sequence(epoch), skip, None)
        while True:
            yield self.with_images(part.of(list(islice(sequence, batch_size))))

    def validation(self, limit: int) -> list[QuestionRow]:
        """Return the first `limit` questions of the val split, in the order of the shards."""
        rows = (row for shard in self.shards for row in self._rows(shard, "val"))
        return list(islice(rows, limit))

    def with_images(self, rows: Sequence[QuestionRow]) -> list[TrainingQuestion]:
        """Attach the pictures' files; raises StoreError if one is missing or damaged."""
        files = {image_id: self.store.get_blob(image_id) for image_id in {row.image_id for row in rows}}
        return [
            TrainingQuestion(row.question_id, row.image_id, files[row.image_id], row.answer, row.rationale)
            for row in rows
        ]

    def _sequence(self, epoch: int) -> Iterator[QuestionRow]:
        while True:
            for shard in shuffled(self.shards, f"{self.seed} {epoch}"):
                pictures: dict[str, list[QuestionRow]] = {}
                for row in self._rows(shard, "train"):
                    pictures.setdefault(row.image_id, []).append(row)
                for image_id in shuffled(list(pictures), f"{self.seed} {epoch} {shard}"):
                    yield from pictures[image_id]
            epoch += 1

    def _rows(self, shard: str, split: str) -> Iterator[QuestionRow]:
        found: dict[str, dict[str, TextExample]] = {}
        image: dict[str, str] = {}
        for row in EXAMPLES.rows(self._frame(shard, split)):
            found.setdefault(row.question_id, {})[row.mode] = TextExample(row.prompt, row.target)
            image[row.question_id] = row.image_id
        for question_id, modes in found.items():
            if "answer" not in modes:
                raise DataError(
                    f"question {question_id} in examples/{shard} has no answer: build the shard again"
                )
            rationale = modes.get("rationale") if self.arm == "student" else None
            yield QuestionRow(question_id, image[question_id], modes["answer"], rationale)

    def _frame(self, shard: str, split: str) -> pl.DataFrame:
        return (
            self.store.read_shard(EXAMPLES, shard)
            .filter(pl.col("split") == split)
            .sort("question_id", "mode")
        )


def shuffled(items: Sequence[str], seed: str) -> list[str]:
    """Return the items in an order that depends on them and the seed alone."""
    ordered = sorted(items)
    random.Random(seed).shuffle(ordered)
    return ordered
