"""A request to the language model: what is asked, and the key under which its answers are kept.

The key is the sha256 of the canonical payload; a sample index tells the k answers to one payload apart.
Where the endpoint is, how many requests run at once and how often they are retried are not in the payload,
so changing them asks nothing again.
"""

import hashlib
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from vpd.records import canonical_json
from vpd.sampling.prompt import build_messages


class SamplingConfig(BaseModel):
    """What decides the answers: model and sampling parameters (VPD: k=5 at temperature 0.5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field("qwen2.5-coder-1.5b-instruct-q4_k_m", description="model name sent to the endpoint")
    candidates: int = Field(5, ge=1, le=64, description="programs per question text (k)")
    temperature: float = Field(0.5, ge=0, le=2, description="sampling temperature")
    top_p: float = Field(0.95, gt=0, le=1, description="nucleus sampling share")
    max_tokens: int = Field(200, ge=16, description="most tokens one program may take")
    seed: int = Field(0, description="seed sent to the endpoint")


@dataclass(frozen=True)
class Request:
    """One payload without its sample count, and its key."""

    question: str
    payload: dict[str, Any]
    key: str


def build_request(config: SamplingConfig, question: str) -> Request:
    """Return the request for one question text."""
    payload = {
        "model": config.model,
        "messages": build_messages(question),
        "temperature": config.temperature,
        "top_p": config.top_p,
        "max_tokens": config.max_tokens,
        "seed": config.seed,
        "logprobs": True,
    }
    return Request(question, payload, hashlib.sha256(canonical_json(payload).encode()).hexdigest())
