"""One endpoint over HTTP for the Batch API: attempts, what passes, and answers read strictly.

Not here: what is asked and why it is not paid for twice (`vpd.chat.batch_client`).
"""

import random
import time
from collections.abc import Callable
from typing import IO, Any, TypeVar

import httpx
from pydantic import BaseModel, ConfigDict

from vpd.chat.client import ATTEMPTS, LONGEST_PAUSE
from vpd.errors import EndpointError

T = TypeVar("T")
_PASSING = frozenset({408, 409, 425, 429})  # as 5xx


class Part(BaseModel):
    """A part of an answer; what is not declared is passed over."""

    model_config = ConfigDict(strict=True, frozen=True)


Form = TypeVar("Form", bound=Part)


class PassingError(Exception):
    """What may be gone at the next attempt."""


class BatchHttp:
    """Requests to one endpoint. An attempt raises PassingError or, if no other would help, EndpointError."""

    def __init__(self, url: str, api_key: str, timeout: float, pause: float) -> None:
        """Connect to nobody yet. `timeout` of one attempt and `pause` after the first are in seconds."""
        self.url = url.rstrip("/")
        self._key = api_key
        headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
        self._http = httpx.Client(headers=headers, timeout=httpx.Timeout(timeout, connect=10))
        self._pause = pause

    def retried(self, action: Callable[[], T]) -> T:
        """Return what an action returns, attempting it again while it raises PassingError."""
        for attempt in range(ATTEMPTS):
            try:
                return action()
            except PassingError as error:
                problem = error
            if attempt < ATTEMPTS - 1:
                time.sleep(min(self._pause * 2**attempt * (1 + random.random()), LONGEST_PAUSE))
        raise EndpointError(
            f"the Batch API at {self.url} failed {ATTEMPTS} times ({problem}): see whether it is up, then "
            "run again; files that were sent are not sent again"
        )

    def send(self, method: str, path: str, form: type[Form], **content: Any) -> Form:
        """Attempt a request and return its answer."""
        try:
            response = self._http.request(method, self.url + path, **content)
        except httpx.HTTPError as error:
            raise PassingError(type(error).__name__) from None  # httpx quotes a malformed key
        self._check(response)
        try:
            return form.model_validate_json(response.content)
        except ValueError as error:
            raise PassingError(f"unreadable answer ({type(error).__name__})") from None

    def download(self, path: str, file: IO[bytes]) -> None:
        """Attempt to fetch a file whole, instead of what `file` holds."""
        file.seek(0)
        file.truncate()
        try:
            with self._http.stream("GET", self.url + path) as response:
                if response.status_code >= 300:
                    response.read()
                self._check(response)
                for chunk in response.iter_bytes():
                    file.write(chunk)
        except httpx.HTTPError as error:
            raise PassingError(type(error).__name__) from None

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _check(self, response: httpx.Response) -> None:
        status = response.status_code
        if status < 300:
            return
        words = response.text.replace(self._key, "***") if self._key else response.text
        said = f"status {status}: {words[:200]}"
        if status in _PASSING or status >= 500:
            raise PassingError(said)
        raise EndpointError(
            f"{self.url} refuses {response.request.url.path} ({said}): see whether it has a Batch API, and "
            "correct VPD_LLM_URL, VPD_LLM_API_KEY or what it complains of; files that were sent are noted"
        )
