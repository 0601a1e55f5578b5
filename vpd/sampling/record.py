"""A record: real answers of a real model, shipped so that its exact requests cost nothing to repeat.

A Zstandard-compressed file of JSON lines: first what made it (model, file hash, parameters, date), then one
answer a line under its request key. A request that is not in the record goes to the live model.
"""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import zstandard

from vpd.chat.answers import Answer
from vpd.errors import DataError
from vpd.records import canonical_json

DEMO_RECORD = Path(__file__).parent / "demo_record.jsonl.zst"


@dataclass(frozen=True)
class Record:
    """Recorded answers by request key and sample index, and what made them."""

    made_by: dict[str, Any]
    answers: dict[tuple[str, int], Answer]

    def get(self, key: str, sample: int) -> Answer | None:
        """Return a recorded answer, or None."""
        return self.answers.get((key, sample))


EMPTY = Record({}, {})


def load_record(path: Path) -> Record:
    """Read a record; raises DataError if it is no record."""
    try:
        with zstandard.open(path, "rt", encoding="utf-8") as lines:
            made_by = json.loads(next(lines))
            answers = [_read(json.loads(line)) for line in lines]
    except (OSError, StopIteration, ValueError, KeyError, zstandard.ZstdError) as error:
        raise DataError(f"{path} is no record of language model answers: {error}") from error
    return Record(made_by, {(a.key, a.sample): a for a in answers})


def save_record(path: Path, made_by: dict[str, Any], answers: Iterable[Answer]) -> int:
    """Write a record of answers that carry text, in a fixed order; return how many."""
    kept = sorted((a for a in answers if a.text is not None), key=lambda a: (a.key, a.sample))
    text = io.StringIO()
    for line in (made_by, *(_line(a) for a in kept)):
        text.write(canonical_json(line) + "\n")
    path.write_bytes(zstandard.ZstdCompressor(level=19).compress(text.getvalue().encode()))
    return len(kept)


def _line(answer: Answer) -> dict[str, Any]:
    logprob = None if answer.logprob is None else round(answer.logprob, 5)
    return {
        "key": answer.key,
        "sample": answer.sample,
        "text": answer.text,
        "finish_reason": answer.finish_reason,
        "logprob": logprob,
        "tokens": answer.tokens,
        "prompt_tokens": answer.prompt_tokens,
        "cached_tokens": answer.cached_tokens,
    }


def _read(line: dict[str, Any]) -> Answer:
    return Answer(
        line["key"], line["sample"], line["text"], None, None,
        line["finish_reason"], line["logprob"], line["tokens"], line.get("prompt_tokens", 0),
        line.get("cached_tokens", 0), "record",
    )  # fmt: skip
