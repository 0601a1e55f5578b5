"""Pairs of rationales to train on: that of a question, and one of a refused run that ends in another answer.

They are the pairs of an export (`vpd.export.preferences`), of the train split alone; those of the val split
measure. Shards are read one at a time; the texts of all pairs, about a kilobyte each, stay in memory, since
few questions have one (2% in the demo). Pictures are read when they are needed.

An epoch is all pairs in an order that a seed decides; steps and ranks divide it as they divide examples
(`vpd.distill.data`).
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any

import torch

from vpd.distill.config import TrainConfig
from vpd.distill.data import Part, Survey, TextExample, digests
from vpd.errors import ConfigError, DataError
from vpd.export.preferences import rationale_pairs
from vpd.export.told import tell
from vpd.export.tries import read_tries
from vpd.records import EXAMPLES, IMAGES, TRACES, VERDICTS
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class PairRow:
    """Two texts about one picture, without the picture; `number` counts the pairs of a run."""

    number: int
    question_id: str
    image_id: str
    split: str
    chosen: TextExample
    rejected: TextExample


@dataclass(frozen=True)
class Pair:
    """A pair with its picture's file.

    `reference`: log-probabilities (2) of chosen and rejected under the student at the start, once measured.
    """

    row: PairRow
    image: bytes
    reference: torch.Tensor | None


class Pairs:
    """The pairs of a run's shards."""

    def __init__(self, store: ArtifactStore, shards: Sequence[str], seed: int, each: int) -> None:
        self.store, self.shards, self.seed, self.each = store, tuple(shards), seed, each
        self.reference: torch.Tensor | None = None
        """Log-probabilities (pairs, 2) under the student at the start (`measure_reference`)."""

    @classmethod
    def of(cls, config: TrainConfig) -> "Pairs":
        """Open the pairs that a configuration with `preference` names."""
        assert config.preference is not None
        store = ArtifactStore.open(config.store, config.s3_endpoint)
        return cls(store, config.shards, config.seed, config.preference.each)

    def survey(self) -> Survey:
        """Count the pairs of the train split; raises DataError if there are none, MissingShardError."""
        found = len(self._training)
        if not found:
            raise DataError(
                f"no pair of rationales of the train split in shards {self.shards[0]} to {self.shards[-1]} "
                f"of {self.store.uri}: a pair needs a kept program and one that answered wrongly for the "
                "same question. Look at the yields of verified_programs, or sample more candidates"
            )
        return Survey(digests(self.store, self.shards), found, found, verdicts(self.store, self.shards))

    def batches(self, batch_size: int, part: Part, *, questions: int, start: int = 0) -> Iterator[list[Pair]]:
        """Yield this part of the batches of steps `start`, `start + 1`, ... without end.

        `questions` is the survey's count of pairs. Raises ConfigError if the batch cannot be divided evenly.
        """
        if batch_size % part.world:
            raise ConfigError(f"batch_size: {batch_size} pairs do not divide over {part.world} ranks")
        epoch, skip = divmod(start * batch_size, questions)
        sequence = islice(self._sequence(epoch), skip, None)
        while True:
            yield self.with_images(part.of(list(islice(sequence, batch_size))))

    def validation(self, limit: int) -> list[PairRow]:
        """Return the first `limit` pairs of the val split."""
        return [row for row in self.rows if row.split == "val"][:limit]

    def with_images(self, rows: Sequence[PairRow]) -> list[Pair]:
        """Attach the pictures' files; raises StoreError if one is missing or damaged."""
        files = {image_id: self.store.get_blob(image_id) for image_id in {row.image_id for row in rows}}
        known = self.reference
        return [Pair(r, files[r.image_id], None if known is None else known[r.number]) for r in rows]

    @cached_property
    def rows(self) -> list[PairRow]:
        """All pairs of the train and val splits, in the order of the shards; equal ones are there once."""
        found: dict[tuple[Any, ...], tuple[Any, ...]] = {}
        for shard in self.shards:
            for pair in _of_shard(self.store, shard, self.each):
                found.setdefault(pair[1:], pair)
        return [PairRow(number, *pair) for number, pair in enumerate(found.values())]

    @cached_property
    def _training(self) -> list[PairRow]:
        return [row for row in self.rows if row.split == "train"]

    def _sequence(self, epoch: int) -> Iterator[PairRow]:
        while True:
            order = list(self._training)
            random.Random(f"{self.seed} {epoch}").shuffle(order)
            yield from order
            epoch += 1


def verdicts(store: ArtifactStore, shards: Sequence[str]) -> dict[str, str]:
    """Return {shard: sha256 of its verdicts}, on which pairs rest; raises MissingShardError."""
    return {shard: store.manifest(VERDICTS, shard).data_sha256 for shard in shards}


def _of_shard(
    store: ArtifactStore, shard: str, each: int
) -> Iterator[tuple[str, str, str, TextExample, TextExample]]:
    """Yield the fields of the pairs of a shard after their number, of the train and val splits."""
    images = {image.image_id: image for image in IMAGES.rows(store.read_shard(IMAGES, shard))}
    traces = {trace.trace_id: trace for trace in TRACES.rows(store.read_shard(TRACES, shard))}
    examples = EXAMPLES.rows(store.read_shard(EXAMPLES, shard))
    rationales = {e.question_id: e for e in examples if e.mode == "rationale" and e.split in ("train", "val")}
    for tries in read_tries(store, shard):
        question = tries.question
        rationale = rationales.get(question.question_id)
        if rationale is None or not tries.of("wrong"):
            continue
        told = tell(tries, traces, images[question.image_id])
        for row in rationale_pairs(question, rationale, told, each):
            rejected = TextExample(rationale.prompt, row.columns["rejected"][0]["content"][0]["text"])
            chosen = TextExample(rationale.prompt, rationale.target)
            yield question.question_id, question.image_id, question.split, chosen, rejected
