"""Training questions streamed from the store, one shard in memory at a time, in an order that a seed decides.

Epochs follow one another without a gap (`vpd.distill.epochs`), or those of several data sets are mixed
(`vpd.distill.mixture`). Step s takes questions s*B to (s+1)*B of that sequence, and rank r of W the r-th of
W equal parts, so every rank always has a picture and the sequence does not depend on W. Both arms of a twin
pair see the same sequence.

Not here: the splits and their checks (`vpd.fitness`).
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import TypeVar

import polars as pl

from vpd.datasets.sources import source_of
from vpd.distill.config import MODES, Arm, TrainConfig
from vpd.distill.epochs import Epochs
from vpd.distill.mixture import mix
from vpd.errors import ConfigError, DataError
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore

Row = TypeVar("Row")


@dataclass(frozen=True)
class TextExample:
    """What the student is asked about a picture and what it should write."""

    prompt: str
    target: str


@dataclass(frozen=True)
class TrainingQuestion:
    """A question with its picture's file and what the arm learns to write: answer, rationale or both."""

    question_id: str
    image_id: str
    image: bytes
    answer: TextExample | None
    rationale: TextExample | None = None


@dataclass(frozen=True)
class Survey:
    """What the shards hold: digests, and how many questions an arm has and rationales of the train split."""

    digests: dict[str, str]
    questions: int
    rationales: int
    verdicts: dict[str, str] = field(default_factory=dict)

    @property
    def made_from(self) -> dict[str, str]:
        """Digests of all that is trained on: of examples, and of verdicts where pairs rest on them."""
        return made_from(self.digests, self.verdicts)


@dataclass(frozen=True)
class Part:
    """The share of every batch that this process trains on: part `rank` of `world` equal ones."""

    rank: int = 0
    world: int = 1

    def of(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return this part of a batch."""
        size = len(rows) // self.world
        return rows[self.rank * size : (self.rank + 1) * size]


@dataclass(frozen=True)
class QuestionRow:
    """A question's examples, without the picture."""

    question_id: str
    image_id: str
    answer: TextExample | None
    rationale: TextExample | None


def digests(store: ArtifactStore, shards: Sequence[str]) -> dict[str, str]:
    """Return {shard: sha256 of its examples}; raises MissingShardError."""
    return {shard: store.manifest(EXAMPLES, shard).data_sha256 for shard in shards}


def made_from(examples: Mapping[str, str], verdicts: Mapping[str, str]) -> dict[str, str]:
    """Return digests by shard, those of verdicts under names of their own."""
    return {**examples, **{f"verdicts/{shard}": digest for shard, digest in verdicts.items()}}


class Examples:
    """The examples of a run's shards, as its arm sees them."""

    def __init__(
        self,
        store: ArtifactStore,
        shards: Sequence[str],
        arm: Arm,
        seed: int,
        mixture: Mapping[str, float] | None = None,
    ) -> None:
        self.store, self.shards, self.arm, self.seed = store, tuple(shards), arm, seed
        self.mixture = dict(mixture or {})

    @classmethod
    def of(cls, config: TrainConfig) -> "Examples":
        """Open the examples that a configuration names."""
        store = ArtifactStore.open(config.store, config.s3_endpoint)
        return cls(store, config.shards, config.arm, config.seed, config.mixture)

    def survey(self) -> Survey:
        """Read every shard once.

        Raises MissingShardError or CorruptShardError for a bad shard, DataError if there is nothing to
        learn from: no question of the train split (in a mixture, of any data set with a weight), or no
        rationale for an arm that learns them.
        """
        questions = rationales = 0
        of_source: Counter[str] = Counter()
        for shard in self.shards:
            modes = self._frame(shard, "train")["mode"]
            questions += int((modes == "answer").sum())
            rationales += int((modes == "rationale").sum())
            of_source[source_of(shard)] += int((modes == MODES[self.arm][0]).sum())
        where = f"shards {self.shards[0]} to {self.shards[-1]} of {self.store.uri}"
        if questions == 0:
            raise DataError(f"no questions of the train split in {where}: ingest pictures with split=train")
        if rationales == 0 and "rationale" in MODES[self.arm]:
            raise DataError(
                f"{questions} train questions but no rationale in {where}: verification kept no program; "
                "look at the yields of verified_programs, or train the instruct arm"
            )
        empty = [name for name, weight in self.mixture.items() if weight and not of_source[name]]
        if empty:
            raise DataError(
                f"{', '.join(empty)} has a weight in the mixture and nothing for arm {self.arm} to learn in "
                f"the train split of {where}: take it out of the mixture"
            )
        asked = questions if "answer" in MODES[self.arm] else rationales
        return Survey(digests(self.store, self.shards), asked, rationales)

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

        `questions` is the survey's count, by which whole epochs are skipped if nothing is mixed. Raises
        ConfigError if the batch cannot be divided evenly.
        """
        if batch_size % part.world:
            raise ConfigError(f"batch_size: {batch_size} questions do not divide over {part.world} ranks")
        sequence = self._sequence(start * batch_size, questions)
        while True:
            yield self.with_images(part.of(list(islice(sequence, batch_size))))

    def validation(self, limit: int) -> list[QuestionRow]:
        """Return the first `limit` questions of the val split, in the order of the shards.

        Of a mixture, the first of every data set in proportion to its weight.
        """
        total = sum(self.mixture.values())
        weighed = [(self._shards(name), weight / total) for name, weight in self.mixture.items()]
        found: list[QuestionRow] = []
        for shards, share in weighed or [(self.shards, 1.0)]:
            rows = (row for shard in shards for row in self._rows(shard, "val"))
            found += islice(rows, round(share * limit))
        return found[:limit]

    def with_images(self, rows: Sequence[QuestionRow]) -> list[TrainingQuestion]:
        """Attach the pictures' files; raises StoreError if one is missing or damaged."""
        files = {image_id: self.store.get_blob(image_id) for image_id in {row.image_id for row in rows}}
        return [
            TrainingQuestion(row.question_id, row.image_id, files[row.image_id], row.answer, row.rationale)
            for row in rows
        ]

    def _sequence(self, start: int, questions: int) -> Iterator[QuestionRow]:
        if self.mixture:
            return mix(self.mixture, {n: self._epochs(self._shards(n)) for n in self.mixture}, start)
        epoch, skip = divmod(start, questions)
        return islice(chain.from_iterable(self._epochs(self.shards).pictures(epoch=epoch)), skip, None)

    def _epochs(self, shards: Sequence[str]) -> Epochs[QuestionRow]:
        return Epochs(shards, self.seed, self._pictures, self._sizes)

    def _shards(self, source: str) -> tuple[str, ...]:
        return tuple(shard for shard in self.shards if source_of(shard) == source)

    def _pictures(self, shard: str) -> list[list[QuestionRow]]:
        """Return the training questions of a shard picture by picture, in the order of their ids."""
        pictures: dict[str, list[QuestionRow]] = {}
        for row in self._rows(shard, "train"):
            pictures.setdefault(row.image_id, []).append(row)
        return [pictures[image_id] for image_id in sorted(pictures)]

    def _sizes(self, shard: str) -> list[int]:
        """Return how many questions the pictures of `_pictures` have."""
        learnt = self._frame(shard, "train").filter(pl.col("mode") == MODES[self.arm][0])
        return learnt.group_by("image_id").len().sort("image_id")["len"].to_list()

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
            answer, rationale = (
                modes.get(m) if m in MODES[self.arm] else None for m in ("answer", "rationale")
            )
            if answer is not None or rationale is not None:
                yield QuestionRow(question_id, image[question_id], answer, rationale)

    def _frame(self, shard: str, split: str) -> pl.DataFrame:
        return (
            self.store.read_shard(EXAMPLES, shard)
            .filter(pl.col("split") == split)
            .sort("question_id", "mode")
        )
