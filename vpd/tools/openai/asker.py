"""Asks an endpoint several requests at once, and keeps each answer the moment it arrives.

A request that is kept, or under way already, is not asked again. An endpoint that gives no answer to
MOST_UNANSWERED requests in a row, whether it failed at every retry or refused them, counts as broken: then
EndpointError stops the run, instead of a failure in every program. Refused requests are kept, so that a run
that is started again gets past them.

Not here: what is asked (`vpd.tools.openai.tools`), retries (`vpd.chat.client`).
"""

import weakref
from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from threading import Lock
from typing import Protocol

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.client import ChatEndpoint
from vpd.chat.request import Request
from vpd.errors import EndpointError, VpdError

MOST_UNANSWERED = 5


class Endpoint(ChatEndpoint, Protocol):
    """What is asked: over HTTP, or the embedded model."""

    url: str

    def check(self) -> None:
        """Raise EndpointError if nobody is there."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class Asker:
    """Owns its endpoint and its cache: both are closed when nobody holds the asker any more."""

    def __init__(self, endpoint: Endpoint, cache: AnswerCache, concurrency: int) -> None:
        self._endpoint, self._cache = endpoint, cache
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="vpd-endpoint")
        self._lock = Lock()
        self._under_way: dict[str, Future[Answer]] = {}
        self._reached = False
        self._unanswered = 0
        self._stop: VpdError | None = None
        weakref.finalize(self, _close, endpoint, cache, self._threads)

    def ask(self, requests: Iterable[Request]) -> list[Answer]:
        """Return the answers in order, or what came instead; the first is asked while others are made.

        Raises EndpointError if the endpoint is not there, broken or set up wrongly, and StoreError if answers
        cannot be kept; what was answered before is kept. The next call tries again.
        """
        futures = [self._start(request) for request in requests]
        wait(futures)
        try:
            return [future.result() for future in futures]
        except VpdError:
            self._stop, self._unanswered = None, 0
            raise

    def _start(self, request: Request) -> "Future[Answer]":
        with self._lock:
            future = self._under_way.get(request.key)
            if future is None:
                future = self._under_way[request.key] = self._threads.submit(self._serve, request)
            return future

    def _serve(self, request: Request) -> Answer:
        """Answer one request. In a thread of the pool."""
        try:
            return self._answer(request)
        finally:
            with self._lock:
                del self._under_way[request.key]

    def _answer(self, request: Request) -> Answer:
        """Return what is kept, or ask; after a fatal error no thread asks any more."""
        kept = self._cache.get(request.key).get(0)
        if kept is not None:
            return kept
        try:
            self._reach()
            [answer] = self._endpoint.complete(request, [0])
            self._cache.put([answer])
            self._count(answer)
        except VpdError as error:
            self._stop = self._stop or error
            raise
        return answer

    def _reach(self) -> None:
        with self._lock:
            if self._stop is not None:
                raise self._stop
            if not self._reached:
                self._endpoint.check()
                self._reached = True

    def _count(self, answer: Answer) -> None:
        with self._lock:
            self._unanswered = 0 if answer.text is not None else self._unanswered + 1
            if self._unanswered >= MOST_UNANSWERED:
                raise EndpointError(
                    f"{self._endpoint.url} answered none of {MOST_UNANSWERED} requests in a row (the last: "
                    f"{answer.problem}): see whether it is up and its models can do this, then run again; "
                    "answers so far are kept and are not asked for again"
                )


def _close(endpoint: Endpoint, cache: AnswerCache, threads: ThreadPoolExecutor) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    endpoint.close()
    cache.close()
