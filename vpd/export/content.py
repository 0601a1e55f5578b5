"""The tables and lines of an export, written shard by shard.

Held in memory beside one shard: a digest of every pair and step list, and two numbers for every distinct
program (`vpd.export.standing`).
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from vpd.export.examples import EXAMPLE_ROWS, append_lines, example_row
from vpd.export.preferences import PROGRAM_PAIRS, RATIONALE_PAIRS, program_pairs, rationale_pairs
from vpd.export.standing import Standing
from vpd.export.steps import STEPS, labelled_steps
from vpd.export.tables import ExportTable, Row, ShardWriter, split_name
from vpd.export.told import tell
from vpd.export.tries import Tries, read_tries
from vpd.records import EXAMPLES, IMAGES, TRACES, Example, Image, Trace, canonical_json
from vpd.store import ArtifactStore

TABLES = (EXAMPLE_ROWS, PROGRAM_PAIRS, RATIONALE_PAIRS, STEPS)
_SUFFIXES = {"image/png": "png", "image/jpeg": "jpg"}
_TEXTS = ("prompt", "chosen", "rejected", "completions")  # what makes two rows of one picture equal


class Form(StrEnum):
    """What an export can be written as."""

    PARQUET = "parquet"
    CHAT = "chat"
    LLAMAFACTORY = "llamafactory"


@dataclass
class Content:
    """What was written to a folder; `most` bounds what a question gives to each table but the first."""

    store: ArtifactStore
    folder: Path
    forms: Sequence[Form]
    most: int
    rows: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    repeated: Counter[str] = field(default_factory=Counter)
    _standing: Standing = field(default_factory=Standing)
    _seen: set[bytes] = field(default_factory=set)

    def add(self, shards: Sequence[str]) -> None:
        """Write the shards, reading what was tried twice: how programs stand is known after all of them."""
        if Form.PARQUET in self.forms:
            for shard in shards:
                for tries in read_tries(self.store, shard):
                    self._standing.count(tries)
        for shard in shards:
            self._add_shard(shard)

    def _add_shard(self, shard: str) -> None:
        images = {image.image_id: image for image in IMAGES.rows(self.store.read_shard(IMAGES, shard))}
        examples = EXAMPLES.rows(self.store.read_shard(EXAMPLES, shard))
        examples.sort(key=lambda e: (e.image_id, e.question_id, e.mode))
        self.rows[EXAMPLE_ROWS.name].update(split_name(e.split) for e in examples)
        self._write_lines(examples, images)
        if Form.PARQUET in self.forms:
            self._write_tables(shard, examples, images)

    def _write_lines(self, examples: Sequence[Example], images: dict[str, Image]) -> None:
        forms = [form for form in self.forms if form is not Form.PARQUET]
        by_split: dict[str, list[tuple[Example, str]]] = {}
        for example in examples if forms else ():
            name = _file_name(images[example.image_id])
            path = self.folder / name
            path.parent.mkdir(exist_ok=True)
            if not path.exists():
                path.write_bytes(self.store.get_blob(example.image_id))
            by_split.setdefault(split_name(example.split), []).append((example, name))
        for form in forms:
            for split, rows in by_split.items():
                append_lines(self.folder / form / f"{split}.jsonl", form, rows)

    def _write_tables(self, shard: str, examples: Sequence[Example], images: dict[str, Image]) -> None:
        def picture(image_id: str) -> dict[str, Any]:
            return {"bytes": self.store.get_blob(image_id), "path": _file_name(images[image_id])}

        rationales = {e.question_id: e for e in examples if e.mode == "rationale"}
        traces = {t.trace_id: t for t in TRACES.rows(self.store.read_shard(TRACES, shard))}
        questions = sorted(
            read_tries(self.store, shard), key=lambda t: (t.question.image_id, t.question.question_id)
        )
        with ExitStack() as files:
            opened = (ShardWriter(table, self.folder, shard, picture) for table in TABLES)
            writers = {writer.table.name: files.enter_context(writer) for writer in opened}
            for example in examples:
                writers[EXAMPLE_ROWS.name].add(example_row(example))
            for tries in questions:
                image, rationale = images[tries.question.image_id], rationales.get(tries.question.question_id)
                for table, row in self._derived(tries, traces, image, rationale):
                    writers[table.name].add(row)
                    self.rows[table.name][split_name(row.split)] += 1

    def _derived(
        self, tries: Tries, traces: dict[str, Trace], image: Image, rationale: Example | None
    ) -> Iterator[tuple[ExportTable, Row]]:
        """Yield a question's pairs and steps that are not in their table yet."""
        told, question = list(tell(tries, traces, image)), tries.question
        ran = [traces[t.trace_id] for t in tries.of("right") if t.trace_id in traces]
        products = [(STEPS, labelled_steps(question, told, self.most))]
        if ran:
            pairs = program_pairs(tries, self._standing, ran[0].tools_version, self.most)
            products.append((PROGRAM_PAIRS, pairs))
        if rationale is not None:
            products.append((RATIONALE_PAIRS, rationale_pairs(question, rationale, told, self.most)))
        for table, rows in products:
            yield from ((table, row) for row in rows if self._is_new(table, row))

    def _is_new(self, table: ExportTable, row: Row) -> bool:
        about = [table.name, row.image_id if table.pictures else "", [row.columns.get(t) for t in _TEXTS]]
        digest = hashlib.sha256(canonical_json(about).encode()).digest()[:16]
        new = digest not in self._seen
        self._seen.add(digest)
        self.repeated[table.name] += not new
        return new


def _file_name(image: Image) -> str:
    return f"images/{image.image_id}.{_SUFFIXES[image.media_type]}"
