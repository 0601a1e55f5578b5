"""Answers of the language model, kept so that nothing paid for is ever asked twice.

One SQLite file per home folder, for programs and for tools that ask an endpoint. An answer is durable the
moment `put` returns; a process killed at any point loses none. Errors are kept too, with a class that says
what to do when the request comes up again:

    provider   the endpoint failed (down, overloaded, half an answer): ask again
    request    the endpoint refused this request: do not ask again, the same would come back
    content    the model answered without text (content filter, length, refusal): data, as a text is

Not here: what the text of an answer is worth (`vpd.execution.program`, `vpd.tools.openai.prompts`).
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from threading import Lock
from typing import Literal

from vpd.errors import StoreError

_FIRST = "key, sample, text, problem, problem_class, finish_reason, logprob, tokens, origin"
_SCHEMA = f"create table if not exists answers ({_FIRST}, primary key (key, sample)) without rowid"
_ADDED = ("prompt_tokens", "cached_tokens")  # a file may be older than these


@dataclass(frozen=True)
class Answer:
    """One completion, or the error that came instead of it.

    `tokens` are the completion's. A response pays its prompt once: of its answers the first has
    `prompt_tokens`, and how many of them the endpoint had in its cache; the others have 0, so sums are right.
    """

    key: str
    sample: int
    text: str | None
    problem: str | None
    problem_class: Literal["provider", "request", "content"] | None
    finish_reason: str | None
    logprob: float | None
    tokens: int
    prompt_tokens: int
    cached_tokens: int
    origin: Literal["record", "live"]

    @property
    def final(self) -> bool:
        """Whether asking again would be a waste."""
        return self.problem_class != "provider"


_COLUMNS = ", ".join(field.name for field in fields(Answer))
_MARKS = ", ".join("?" for _ in fields(Answer))


class AnswerCache:
    """Answers by request key and sample index, in an SQLite file that processes and threads may share."""

    def __init__(self, path: Path) -> None:
        """Open or create the file; raises StoreError if that is not possible."""
        self._lock = Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=60, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.execute("pragma synchronous=full")
            self._prepare()
        except (OSError, sqlite3.Error) as error:
            raise StoreError(f"cannot use {path} for language model answers: {error}") from error

    def get(self, key: str) -> dict[int, Answer]:
        """Return the final answers to a request by sample index."""
        try:
            with self._lock:
                rows = self._db.execute(f"select {_COLUMNS} from answers where key = ?", (key,)).fetchall()
        except sqlite3.Error as error:
            raise StoreError(f"cannot read language model answers: {error}; see to their file") from error
        found = (Answer(*row) for row in rows)
        return {a.sample: a for a in found if a.final}

    def put(self, answers: Iterable[Answer]) -> None:
        """Keep answers durably. Of final ones the first stays; errors worth another try are replaced."""
        rows = [astuple(answer) for answer in answers]
        try:
            with self._lock, self._db:
                self._db.execute("begin immediate")
                self._db.executemany(
                    "delete from answers where key = ? and sample = ? and problem_class = 'provider'",
                    [row[:2] for row in rows],
                )
                self._db.executemany(f"insert or ignore into answers ({_COLUMNS}) values ({_MARKS})", rows)
        except sqlite3.Error as error:
            raise StoreError(
                f"cannot keep language model answers: {error}; free space and run again"
            ) from error

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _prepare(self) -> None:
        """Create the table, or give an older file's table the columns that it lacks."""
        with self._db:
            self._db.execute("begin immediate")
            self._db.execute(_SCHEMA)
            known = {name for _, name, *_ in self._db.execute("pragma table_info(answers)")}
            for column in _ADDED:
                if column not in known:
                    self._db.execute(f"alter table answers add column {column} default 0")
