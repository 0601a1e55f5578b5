"""The one seam to language models: an OpenAI-compatible chat endpoint over HTTP.

The embedded server, vLLM and hosted endpoints differ by address. The API key is held by the HTTP client only
and appears in no error, log or row.

Not here: budgets per minute, batch files, several models at once.
"""

import random
import time
from typing import Any, Protocol

import httpx

from vpd.chat.answers import Answer
from vpd.chat.completion import read_completion
from vpd.chat.request import Request
from vpd.errors import EndpointError

ATTEMPTS = 5
LONGEST_PAUSE = 60.0
_PASSING = frozenset({403, 408, 409, 425, 429})  # as 5xx; 403 is a firewall's or a moderator's "not now", too
_MISTAKEN = frozenset({401, 402, 404, 405})  # key, balance, address or model: every request would fail so


class ChatEndpoint(Protocol):
    """Whatever completes a chat request several times."""

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Return one answer per sample index. Raises EndpointError if nobody is there to answer."""
        ...


class HttpChatEndpoint:
    """A chat endpoint over HTTP, with retries for what passes: overload, lost connections, 5xx.

    Safe for use by several threads; each has a connection of its own.
    """

    def __init__(self, url: str, api_key: str = "", timeout: float = 600, pause: float = 1.0) -> None:
        """Connect to nobody yet. `timeout` of one attempt and `pause` after the first are in seconds."""
        self.url = url.rstrip("/")
        self._key = api_key
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        unlimited = httpx.Limits(max_connections=None, max_keepalive_connections=None)
        self._http = httpx.Client(
            headers=headers, timeout=httpx.Timeout(timeout, connect=10), limits=unlimited
        )
        self._pause = pause

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Ask for one choice per sample index in one request, so that they share one prompt pass.

        Raises EndpointError if the endpoint would refuse any request: a wrong key, address or model name.
        """
        for attempt in range(ATTEMPTS):
            answers, wait = self._attempt(request, samples)
            if answers[0].final or attempt == ATTEMPTS - 1:
                return answers
            time.sleep(min(wait or self._pause * 2**attempt * (1 + random.random()), LONGEST_PAUSE))
        raise AssertionError("unreachable")

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

    def _attempt(self, request: Request, samples: list[int]) -> tuple[list[Answer], float | None]:
        try:
            response = self._http.post(
                f"{self.url}/chat/completions", json={**request.payload, "n": len(samples)}
            )
        except httpx.HTTPError as error:
            return _failed(request, samples, f"{type(error).__name__} from {self.url}", "provider"), None
        status = response.status_code
        if status in _PASSING or status >= 500:
            wait = response.headers.get("retry-after", "")
            seconds = float(wait) if wait.replace(".", "", 1).isdigit() else None
            return _failed(request, samples, self._said(response), "provider"), seconds
        if status in _MISTAKEN or 300 <= status < 400:
            raise EndpointError(
                f"{self.url} refuses every request ({self._said(response)}): correct this address, the "
                f"model's name ({request.payload['model']}) or VPD_LLM_API_KEY; answers so far are kept"
            )
        if status >= 400:
            return _failed(request, samples, self._said(response), "request"), None
        return _read(request, samples, response), None

    def _said(self, response: httpx.Response) -> str:
        """Return the status and the first words of a refusal; without the key, which some servers repeat."""
        words = response.text.replace(self._key, "***") if self._key else response.text
        return f"status {response.status_code}: {words[:200]}"


def _failed(request: Request, samples: list[int], problem: str, kind: Any) -> list[Answer]:
    return [Answer(request.key, s, None, problem, kind, None, None, 0, "live") for s in samples]


def _read(request: Request, samples: list[int], response: httpx.Response) -> list[Answer]:
    try:
        answers = read_completion(request, samples, response.content)
    except ValueError as error:
        return _failed(request, samples, f"unreadable answer ({type(error).__name__})", "provider")
    short = samples[len(answers) :]
    return answers + _failed(request, short, "fewer choices than asked for", "provider")
