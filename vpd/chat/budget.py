"""Requests and tokens per minute: how fast an endpoint may be asked.

In no 60 seconds more is begun than the budget allows. A request's tokens are estimated before it goes out and
corrected when its usage is known, so an estimate that is too high holds the others up only while it is under
way. A request that is larger than the whole budget goes out alone.

Not here: what an endpoint says of its own limits (429 and Retry-After, `vpd.chat.client`), and other
processes that ask the same endpoint.
"""

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Lock

from vpd.chat.answers import Answer
from vpd.chat.request import Request

CHARACTERS_PER_TOKEN = 4  # of English; corrected by the usage
_MINUTE = 60.0
_LONGEST_SLEEP = 0.5  # seconds: a correction may make room earlier


@dataclass
class Share:
    """What one request takes of the budget, from its beginning on."""

    began: float
    requests: int
    tokens: int


class Budget:
    """A budget that threads share, first come, first served; None is no bound."""

    def __init__(
        self,
        requests_per_minute: int | None = None,
        tokens_per_minute: int | None = None,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._requests, self._tokens = requests_per_minute, tokens_per_minute
        self._clock, self._sleep = clock, sleep
        self._turn, self._lock = Lock(), Lock()
        self._shares: deque[Share] = deque()

    def take(self, request: Request, samples: int) -> Share:
        """Wait until there is room for a request, and take it."""
        tokens = request.characters // CHARACTERS_PER_TOKEN + samples * request.max_tokens
        with self._turn:
            while (share := self._try(tokens)) is None:
                self._sleep(min(self._seconds(), _LONGEST_SLEEP))
            return share

    def correct(self, share: Share, answers: Sequence[Answer]) -> None:
        """Replace the estimate by what the answers took; without usage it stays."""
        responses = sum(answer.prompt_tokens > 0 for answer in answers)
        if responses:
            with self._lock:
                share.requests = responses
                share.tokens = sum(answer.prompt_tokens + answer.tokens for answer in answers)

    def _try(self, tokens: int) -> Share | None:
        with self._lock:
            now = self._clock()
            while self._shares and self._shares[0].began <= now - _MINUTE:
                self._shares.popleft()
            if self._shares and not self._room(tokens):
                return None
            share = Share(now, 1, tokens)
            self._shares.append(share)
            return share

    def _room(self, tokens: int) -> bool:
        requests = 1 + sum(share.requests for share in self._shares)
        tokens += sum(share.tokens for share in self._shares)
        within_requests = self._requests is None or requests <= self._requests
        return within_requests and (self._tokens is None or tokens <= self._tokens)

    def _seconds(self) -> float:
        """Return how long it is until the oldest share leaves the window."""
        with self._lock:
            return max(0.0, self._shares[0].began + _MINUTE - self._clock())
