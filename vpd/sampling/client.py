"""The one seam to language models: an OpenAI-compatible chat endpoint over HTTP.

The embedded server, vLLM and hosted endpoints differ by address. The API key is held by the HTTP client only
and appears in no error, log or row.

Not here: budgets per minute, batch files, several models at once.
"""

import random
import time
from typing import Any, Protocol

import httpx

from vpd.errors import EndpointError
from vpd.sampling.answers import Answer
from vpd.sampling.request import Request

RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504})
ATTEMPTS = 5
LONGEST_PAUSE = 60.0


class ChatEndpoint(Protocol):
    """Whatever completes a chat request several times."""

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Return one answer per sample index. Raises EndpointError if nobody is there to answer."""
        ...


class HttpChatEndpoint:
    """A chat endpoint over HTTP, with retries for what passes: overload, lost connections, 5xx."""

    def __init__(self, url: str, api_key: str = "", timeout: float = 600, pause: float = 1.0) -> None:
        self.url = url.rstrip("/")
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(headers=headers, timeout=httpx.Timeout(timeout, connect=10))
        self._pause = pause

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        """Ask for one choice per sample index in one request, so that they share one prompt pass."""
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
                "VPD_LLM_URL; unset it to use the embedded model"
            ) from error

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
        if response.status_code in RETRIED:
            wait = response.headers.get("retry-after", "")
            seconds = float(wait) if wait.replace(".", "", 1).isdigit() else None
            return _failed(request, samples, f"status {response.status_code}", "provider"), seconds
        if response.status_code != 200:
            said = f"status {response.status_code}: {response.text[:200]}"
            return _failed(request, samples, said, "request"), None
        return _read(request, samples, response), None


def _failed(request: Request, samples: list[int], problem: str, kind: Any) -> list[Answer]:
    return [Answer(request.key, s, None, problem, kind, None, None, 0, "live") for s in samples]


def _read(request: Request, samples: list[int], response: httpx.Response) -> list[Answer]:
    try:
        choices = sorted(response.json()["choices"], key=lambda c: c["index"])
        answers = [_answer(request, s, c) for s, c in zip(samples, choices, strict=False)]
    except (ValueError, KeyError, TypeError) as error:
        return _failed(request, samples, f"unreadable answer ({type(error).__name__})", "provider")
    short = samples[len(answers) :]
    return answers + _failed(request, short, "fewer choices than asked for", "provider")


def _answer(request: Request, sample: int, choice: dict[str, Any]) -> Answer:
    text = choice["message"]["content"]
    if not isinstance(text, str):
        raise TypeError("content is no text")
    logprobs = [t["logprob"] for t in ((choice.get("logprobs") or {}).get("content") or [])]
    mean = sum(logprobs) / len(logprobs) if logprobs else None
    return Answer(
        request.key, sample, text, None, None, choice.get("finish_reason"), mean, len(logprobs), "live"
    )
