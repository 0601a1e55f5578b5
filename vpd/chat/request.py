"""A request to a chat endpoint: what is asked, and the key under which its answers are kept.

The key is the sha256 of the canonical payload, pictures included; a sample index tells several answers to one
payload apart. Where the endpoint is, how many requests run at once and how often they are retried are not in
the payload, so changing them asks nothing again.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from vpd.records import canonical_json


@dataclass(frozen=True)
class Request:
    """One payload without its sample count, its key, and the question in it for whoever reads of it."""

    question: str
    payload: dict[str, Any]
    key: str

    @staticmethod
    def of(question: str, payload: dict[str, Any]) -> "Request":
        """Return the request with this payload."""
        return Request(question, payload, hashlib.sha256(canonical_json(payload).encode()).hexdigest())
