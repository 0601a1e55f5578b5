"""The answers in what the Batch API gives back: the lines of its output and error files.

An answer is read as strictly as one that comes over HTTP. What came instead of one is kept as an error:

    request    this request was refused, and would be again
    provider   anything else: overload, the batch's time was over, a line that is half an answer

Not here: fetching the files (`vpd.chat.batch_client`).
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.batch import read_custom_id
from vpd.chat.completion import read_completion
from vpd.chat.request import Request

_AT_ONCE = 1000  # answers to a transaction: each waits for the disk
_NOT_ITS_FAULT = frozenset({401, 402, 403, 404, 405, 408, 409, 425, 429})  # key, balance, model, load


@dataclass(frozen=True)
class IngestReport:
    """What lines of results gave: answers, samples without one, and lines that name no request."""

    answers: int
    failed: int
    unknown: int


def ingest_batch(lines: Iterable[bytes], cache: AnswerCache) -> IngestReport:
    """Keep the answers in the lines of output and error files.

    A line that cannot be read loses no other, and keeping the same lines again changes nothing. Raises
    StoreError if the cache cannot be written.
    """
    counts: Counter[str] = Counter()
    waiting: list[Answer] = []
    for line in lines:
        if not line.strip():
            continue
        answers = _answers(line)
        counts["unknown"] += not answers
        counts.update("failed" if a.problem_class in ("provider", "request") else "answers" for a in answers)
        waiting += answers
        if len(waiting) >= _AT_ONCE:
            cache.put(waiting)
            waiting = []
    cache.put(waiting)
    return IngestReport(counts["answers"], counts["failed"], counts["unknown"])


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True)


class _Response(_Part):
    status_code: int
    body: Any = None


class _Error(_Part):
    code: str | None = None
    message: str | None = None


class _Result(_Part):
    response: _Response | None = None
    error: _Error | None = None


def _answers(line: bytes) -> list[Answer]:
    """Return an answer or a failure for each sample that a line is about; none if it names no request."""
    try:
        read = json.loads(line)
    except (ValueError, RecursionError):
        return []
    named = read_custom_id(read.get("custom_id")) if isinstance(read, dict) else None
    if named is None:
        return []
    key, samples = named
    try:
        result = _Result.model_validate(read)
        return _result_answers(key, samples, result)
    except ValueError as error:
        return _failed(key, samples, f"unreadable answer ({type(error).__name__})", "provider")


def _result_answers(key: str, samples: list[int], result: _Result) -> list[Answer]:
    """Return what a readable line says. Raises ValueError if its answer is unreadable after all."""
    response, error = result.response, result.error or _Error()
    if response is None:
        return _failed(key, samples, f"{error.code}: {(error.message or '')[:200]}", "provider")
    body = json.dumps(response.body)
    status = response.status_code
    if status != 200:
        passes = status in _NOT_ITS_FAULT or not 400 <= status < 500
        return _failed(key, samples, f"status {status}: {body[:200]}", "provider" if passes else "request")
    answers = read_completion(Request("", {}, key), samples, body.encode())
    short = samples[len(answers) :]
    return answers + _failed(key, short, "fewer choices than asked for", "provider")


def _failed(key: str, samples: list[int], problem: str, kind: Literal["provider", "request"]) -> list[Answer]:
    return [Answer(key, sample, None, problem, kind, None, None, 0, 0, 0, "live") for sample in samples]
