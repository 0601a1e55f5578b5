"""Whether examples have the form that training and export rely on.

shard        its file is damaged, or of another version of vpd
column       a column has another type than the table's, or is null where it may not be
mode, split  a value that is not known
provenance   a rationale does not say its verdict, trace and renderer, or an answer has some
empty        a prompt, target or answer is empty
placeholder  a conversation has places for another number of pictures than it has pictures
key          an example id occurs twice
question     a question is in two shards, or has two examples in one mode
"""

from collections.abc import Iterator

import polars as pl

from vpd.errors import CorruptShardError
from vpd.fitness.ledger import MODES, SPLITS, Ledger
from vpd.fitness.report import Facts, Problem
from vpd.fitness.shard import Shard
from vpd.rationale.chat import chat_messages, count_images, text_messages
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore

_TRACED = [pl.col("verdict_id").is_not_null(), pl.col("trace_id").is_not_null(), pl.col("renderer") != ""]
_IS_RATIONALE = pl.col("mode") == "rationale"
_RULES = (
    ("mode", ~pl.col("mode").is_in(MODES), f"its mode is none of {', '.join(MODES)}"),
    ("split", ~pl.col("split").is_in(SPLITS), f"its split is none of {', '.join(SPLITS)}"),
    (
        "provenance",
        _IS_RATIONALE & ~pl.all_horizontal(_TRACED),
        "it does not say verdict, trace and renderer",
    ),
    ("provenance", ~_IS_RATIONALE & pl.any_horizontal(_TRACED), "it has no rationale and names a run"),
    *(
        ("empty", pl.col(name).str.strip_chars() == "", f"its {name} is empty")
        for name in ("prompt", "target", "answer")
    ),
)


def open_frame(store: ArtifactStore, shard: str) -> pl.DataFrame | Problem:
    """Return the examples of a shard, or why they cannot be read as such.

    Raises MissingShardError if the shard is not committed.
    """
    try:
        frame = store.read_shard(EXAMPLES, shard)
    except CorruptShardError as error:
        return Problem("shard", shard, "", str(error))
    for column in EXAMPLES.columns:
        found = frame[column.name]
        if found.dtype != column.dtype:
            return _column(shard, f"{column.name} is {found.dtype}, not {column.dtype}")
        if found.has_nulls() and not column.nullable:
            return _column(shard, f"{column.name} is null in {found.null_count()} rows")
    return frame


class SchemaCheck:
    """Looks at the rows of each shard, and at the end for keys that occur twice."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self._rows = 0

    def look(self, shard: Shard) -> Iterator[Problem]:
        """Yield what is wrong with the form of each example."""
        self._rows += shard.frame.height
        for kind, wrong, message in _RULES:
            for example_id in shard.frame.filter(wrong)["example_id"]:
                yield Problem(kind, shard.name, example_id, message)
        for example in shard.examples:
            for places in _places(example):
                message = f"it has 1 picture and places for {places}"
                yield Problem("placeholder", shard.name, example.example_id, message)

    def end(self) -> Iterator[Problem]:
        """Yield examples whose key or question is that of an earlier one."""
        rows = self._ledger.frame
        doubled = rows.filter(~pl.col("example").is_first_distinct())
        for shard, example in self._ledger.examples(doubled):
            yield Problem("key", shard, example.example_id, "an earlier example has the same id")
        others = rows.filter(pl.col("example").is_first_distinct())
        again = others.filter(~pl.struct("question", "mode").is_first_distinct())
        for shard, example in self._ledger.examples(again):
            message = f"question {example.question_id} has another {example.mode} example"
            yield Problem("question", shard, example.example_id, message)
        elsewhere = others.filter(pl.col("shard") != pl.col("shard").first().over("question")).join(
            again, on=("shard", "row"), how="anti"
        )
        for shard, example in self._ledger.examples(elsewhere):
            message = f"question {example.question_id} is in an earlier shard too"
            yield Problem("question", shard, example.example_id, message)

    def facts(self) -> Facts:
        """Return how many rows have been looked at."""
        return {"examples": self._rows}


def _column(shard: str, wrong: str) -> Problem:
    return Problem("column", shard, "", f"{wrong}: materialise the shard again")


def _places(example: Example) -> Iterator[int]:
    """Yield the number of places for pictures of each form of the conversation, where it is not one."""
    for messages in (chat_messages(example), text_messages(example)):
        places = count_images(messages)
        if places != 1:
            yield places
