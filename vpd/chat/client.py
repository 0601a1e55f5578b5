"""The one seam to language models: an OpenAI-compatible endpoint over HTTP.

The embedded server, vLLM and hosted endpoints differ by address. The API key is held by the HTTP client only
and appears in no error, log or row.

Not here: how many requests run at once and what they may cost (`vpd.chat.asker`), batch files
(`vpd.chat.batch`).
"""

import random
import re
import time
from dataclasses import dataclass
from typing import Literal, Protocol

import httpx

from vpd.chat.answers import Answer
from vpd.chat.completion import read_completion
from vpd.chat.request import Request
from vpd.errors import EndpointError

ATTEMPTS = 5
LONGEST_PAUSE = 60.0
ONE_CHOICE = 3  # responses in a row with one choice where more were asked for: this endpoint gives no more
_PASSING = frozenset({403, 408, 409, 425, 429})  # as 5xx; 403 is a firewall's or a moderator's "not now", too
_MISTAKEN = frozenset({401, 402, 404, 405})  # key, balance, address or model: every request would fail so
_SPEAKS_OF_N = re.compile(r"(?<![\\\w])n(?!\w)")  # not the end of a line in JSON
_SECONDS = re.compile(r"\d+(\.\d+)?")


class ChatEndpoint(Protocol):
    """Whatever completes a request several times."""

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Return one answer per sample index. Raises EndpointError if nobody is there to answer."""
        ...


class Endpoint(ChatEndpoint, Protocol):
    """A chat endpoint that is somewhere: over HTTP, or the embedded model."""

    url: str

    def check(self) -> None:
        """Raise EndpointError if nobody is there."""
        ...

    def close(self) -> None:
        """Let go of it."""
        ...


class HttpChatEndpoint:
    """An endpoint over HTTP, with retries for what passes: overload, lost connections, 5xx, half answers.

    One that refuses several choices to a request, or never gives them, is asked for one sample at a time from
    then on. Safe for use by several threads; each has a connection of its own.
    """

    def __init__(
        self,
        url: str,
        api_key: str = "",
        timeout: float = 600,
        pause: float = 2.0,
        attempts: int = ATTEMPTS,
    ) -> None:
        """Connect to nobody yet. `timeout` of one attempt and the longest first `pause` are in seconds."""
        self.url = url.rstrip("/")
        self._key = api_key
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.Client(
            headers=headers, timeout=httpx.Timeout(timeout, connect=10), limits=unlimited
        )
        self._pause, self._attempts = pause, attempts
        self._one_choice = 0  # responses in a row; ONE_CHOICE is for good

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Ask for one choice per sample index in one request, so that they share one prompt pass.

        What came stays, and only the rest is asked again. Raises EndpointError if the endpoint would refuse
        any request: a wrong key, address or model name.
        """
        came: list[Answer] = []
        failures = 0
        while len(came) < len(samples):
            rest = samples[len(came) :]
            try:
                got = self._attempt(request, rest)
            except EndpointError as error:
                if not came:
                    raise
                return came + _failed(request, rest, _Failure(str(error)))  # what came was paid for
            if not isinstance(got, _Failure):
                came, failures = came + got, 0
                continue
            failures += 1
            if got.lasting or failures == self._attempts:
                return came + _failed(request, rest, got)
            time.sleep(self._seconds(got.wait, failures))
        return came

    def check(self) -> None:
        """Raise EndpointError, saying what to do, if nobody answers at the address."""
        try:
            self._http.get(f"{self.url}/models")
        except httpx.HTTPError as error:
            raise EndpointError(
                f"no language model endpoint at {self.url} ({type(error).__name__}): start it, or correct "
                "the address (`url` in the tool set's file, or else VPD_LLM_URL); without one the "
                "embedded model writes programs"
            ) from None  # httpx quotes a malformed key

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _seconds(self, told: float | None, failures: int) -> float:
        """Return how long to wait: as the endpoint says, else up to a bound that doubles (full jitter)."""
        seconds = self._pause * 2 ** (failures - 1) * random.random() if told is None else told
        return min(seconds, LONGEST_PAUSE)

    def _attempt(self, request: Request, samples: list[int]) -> "list[Answer] | _Failure":
        """Ask for all samples, or for the first if the endpoint gives one choice only."""
        if self._one_choice >= ONE_CHOICE or len(samples) == 1:
            return self._ask(request, samples[:1])
        got = self._ask(request, samples)
        if isinstance(got, _Failure):
            return self._ask_for_one(request, samples) if got.speaks_of_n else got
        self._one_choice = self._one_choice + 1 if len(got) == 1 else 0
        return got

    def _ask_for_one(self, request: Request, samples: list[int]) -> "list[Answer] | _Failure":
        got = self._ask(request, samples[:1])
        if not isinstance(got, _Failure):
            self._one_choice = ONE_CHOICE
        return got

    def _ask(self, request: Request, samples: list[int]) -> "list[Answer] | _Failure":
        """Send one HTTP request; return answers to the first samples at least, or what went wrong."""
        path = "completions" if request.raw else "chat/completions"
        try:
            response = self._http.post(f"{self.url}/{path}", json=request.body(samples))
        except httpx.HTTPError as error:
            return _Failure(f"{type(error).__name__} from {self.url}")
        status = response.status_code
        if status in _PASSING or status >= 500:
            wait = response.headers.get("retry-after", "")
            return _Failure(self._said(response), float(wait) if _SECONDS.fullmatch(wait) else None)
        if status in _MISTAKEN or 300 <= status < 400:
            raise EndpointError(
                f"{self.url} refuses every request ({self._said(response)}): correct this address, the "
                f"model's name ({request.payload['model']}) or the API key; answers so far are kept"
            )
        if status >= 400:
            speaks_of_n = _SPEAKS_OF_N.search(response.text) is not None
            return _Failure(self._said(response), lasting=True, speaks_of_n=speaks_of_n)
        try:
            answers = read_completion(request, samples, response.content)
        except ValueError as error:
            return _Failure(f"unreadable answer ({type(error).__name__})")
        return answers or _Failure("no choices")

    def _said(self, response: httpx.Response) -> str:
        """Return the status and the first words of a refusal; without the key, which some servers repeat."""
        words = response.text.replace(self._key, "***") if self._key else response.text
        return f"status {response.status_code}: {words[:200]}"


@dataclass(frozen=True)
class _Failure:
    """What came instead of answers: whether it would come again, and the seconds to wait before that."""

    problem: str
    wait: float | None = None
    lasting: bool = False
    speaks_of_n: bool = False


def _failed(request: Request, samples: list[int], failure: _Failure) -> list[Answer]:
    kind: Literal["provider", "request"] = "request" if failure.lasting else "provider"
    return [Answer(request.key, s, None, failure.problem, kind, None, None, 0, 0, 0, "live") for s in samples]
