"""Asks an endpoint several requests at once, and keeps each answer the moment it arrives.

Samples that are kept, or under way already, are not asked again. An endpoint that gives no text to
MOST_UNANSWERED requests in a row, whether it failed at every retry or refused them, counts as broken: then
EndpointError stops the run, instead of a failure in every program. Refused requests are kept, so that a run
that is started again gets past them.

Not here: what is asked (`vpd.sampling`, `vpd.tools.openai.tools`), retries (`vpd.chat.client`), and two
processes that ask the same at the same moment: each pays.
"""

import weakref
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from threading import Lock

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.budget import Budget
from vpd.chat.client import Endpoint
from vpd.chat.price import Price
from vpd.chat.request import Request
from vpd.chat.spending import Spending
from vpd.errors import EndpointError, VpdError

MOST_UNANSWERED = 5
_Work = tuple[str, tuple[int, ...]]


@dataclass(frozen=True)
class Counts:
    """What an asker did so far: requests asked, samples by what became of them, tokens of the live ones.

    `cost` is in US dollars; None without a price.
    """

    asked: int = 0
    answered: int = 0
    from_cache: int = 0
    failed: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None


class Asker:
    """Owns its endpoint and its cache: both are closed when nobody holds the asker any more, or earlier."""

    def __init__(
        self,
        endpoint: Endpoint,
        cache: AnswerCache,
        concurrency: int,
        budget: Budget | None = None,
        price: Price | None = None,
        ceiling: float | None = None,
    ) -> None:
        """Ask `concurrency` requests at once, and spend `ceiling` US dollars at most.

        Raises ConfigError for a ceiling without a price.
        """
        self._endpoint, self._cache = endpoint, cache
        self._budget, self._spending = budget or Budget(), Spending(price, ceiling)
        self._threads = ThreadPoolExecutor(concurrency, thread_name_prefix="vpd-endpoint")
        self._lock, self._reaching = Lock(), Lock()
        self._under_way: dict[_Work, Future[list[Answer]]] = {}
        self._counts = Counts()
        self._reached = False
        self._unanswered = 0
        self._stop: VpdError | None = None
        self._finalizer = weakref.finalize(self, _close, endpoint, cache, self._threads)

    @property
    def counts(self) -> Counts:
        """What was done so far."""
        with self._lock:
            return replace(self._counts, cost=self._spending.spent)

    def ask(self, requests: Iterable[Request]) -> list[Answer]:
        """Return one answer to each in order, or what came instead; the first is asked while others are made.

        Raises EndpointError if the endpoint is not there, broken or set up wrongly, SpendingCeilingError, and
        StoreError if answers cannot be kept; what was answered before is kept. The next call tries again.
        """
        futures = [self.start(request) for request in requests]
        wait(futures)
        try:
            return [future.result()[0] for future in futures]
        except VpdError:
            self._stop, self._unanswered = None, 0
            raise

    def start(self, request: Request, samples: Sequence[int] = (0,)) -> Future[list[Answer]]:
        """Have these samples of a request answered, in one request as far as they are not kept.

        The future has the answers in the order of the samples, all durable, or raises as `ask` does. After
        such an error nothing is asked any more, kept answers still come, and the rest raises the same.
        """
        work = request.key, tuple(samples)
        with self._lock:
            future = self._under_way.get(work)
            if future is None:
                future = self._under_way[work] = self._threads.submit(self._serve, request, work)
            return future

    def close(self) -> None:
        """Ask nothing more, wait for what is under way and keep it; close endpoint and cache."""
        self._stop = self._stop or EndpointError("asked after the end: open it again")
        if not self._reached:
            self._endpoint.close()  # it may be waiting to be reached
        self._threads.shutdown(cancel_futures=True)
        self._finalizer()

    def _serve(self, request: Request, work: _Work) -> list[Answer]:
        """Answer one request. In a thread of the pool."""
        try:
            return self._answers(request, work[1])
        finally:
            with self._lock:
                del self._under_way[work]

    def _answers(self, request: Request, samples: Sequence[int]) -> list[Answer]:
        """Return what is kept, and ask for the rest; after a fatal error no thread asks any more."""
        kept = self._cache.get(request.key)
        missing = [sample for sample in samples if sample not in kept]
        self._add(from_cache=len(samples) - len(missing))
        try:
            asked = self._paid(request, missing) if missing else []
        except VpdError as error:
            self._stop = self._stop or error
            raise
        known = kept | {answer.sample: answer for answer in asked}
        return [known[sample] for sample in samples]

    def _paid(self, request: Request, samples: list[int]) -> list[Answer]:
        """Ask within budget and ceiling."""
        self._reach()
        answers: list[Answer] = []
        worst = self._spending.set_aside(request, len(samples))
        try:
            share = self._budget.take(request, len(samples))
            self._go_on()  # after what may have been a long wait
            answers = self._endpoint.complete(request, samples)
            self._budget.correct(share, answers)
            self._cache.put(answers)
        finally:
            self._spending.settle(worst, answers)
        self._count(answers)
        return answers

    def _reach(self) -> None:
        with self._reaching:
            self._go_on()
            if not self._reached:
                self._endpoint.check()
                self._reached = True

    def _go_on(self) -> None:
        if self._stop is not None:
            raise self._stop

    def _count(self, answers: Sequence[Answer]) -> None:
        """Count what came; raise EndpointError if it is one request too many without a text."""
        texts = sum(answer.text is not None for answer in answers)
        self._add(
            asked=1,
            answered=texts,
            failed=len(answers) - texts,
            prompt_tokens=sum(answer.prompt_tokens for answer in answers),
            cached_tokens=sum(answer.cached_tokens for answer in answers),
            completion_tokens=sum(answer.tokens for answer in answers),
        )
        with self._lock:
            self._unanswered = 0 if texts else self._unanswered + 1
            if self._unanswered >= MOST_UNANSWERED:
                raise EndpointError(
                    f"{self._endpoint.url} answered none of {MOST_UNANSWERED} requests in a row (the last: "
                    f"{answers[0].problem}): see whether it is up and its models can do this, then run "
                    "again; answers so far are kept and are not asked for again"
                )

    def _add(self, **more: int) -> None:
        with self._lock:
            sums = {name: getattr(self._counts, name) + number for name, number in more.items()}
            self._counts = replace(self._counts, **sums)


def _close(endpoint: Endpoint, cache: AnswerCache, threads: ThreadPoolExecutor) -> None:
    threads.shutdown(wait=False, cancel_futures=True)
    endpoint.close()
    cache.close()
