"""A request to an endpoint: what is asked, and the key under which its answers are kept.

A payload has chat `messages`, or a raw `prompt` that the model continues.

The key is the sha256 of the canonical payload, pictures included; a sample index tells several answers to one
payload apart. Where the endpoint is, how many requests run at once and how often they are retried are not in
the payload, so changing them asks nothing again.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vpd.records import canonical_json

PICTURE_CHARACTERS = 4000  # a picture of 768 x 768 pixels is some 750 tokens of 28 x 28 pixels, or more


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

    def body(self, samples: Sequence[int]) -> dict[str, Any]:
        """Return what is sent for these samples: one choice for each.

        The seed is moved on by the first of them, or an endpoint that honours seeds would give later samples
        the texts of the earlier ones.
        """
        seed = {"seed": self.payload["seed"] + samples[0]} if samples and "seed" in self.payload else {}
        return {**self.payload, **seed, "n": len(samples)}

    @property
    def raw(self) -> bool:
        """Whether the model continues a text instead of answering messages."""
        return "prompt" in self.payload

    @property
    def max_tokens(self) -> int:
        """The most tokens of one answer; 0 if the payload sets no bound."""
        return int(self.payload.get("max_tokens", 0))

    @property
    def characters(self) -> int:
        """The length of what the model reads; a picture counts as PICTURE_CHARACTERS."""
        if self.raw:
            return len(self.payload["prompt"])
        return sum(_characters(message["content"]) for message in self.payload["messages"])


def _characters(content: str | list[dict[str, Any]]) -> int:
    if isinstance(content, str):
        return len(content)
    return sum(len(part["text"]) if "text" in part else PICTURE_CHARACTERS for part in content)
