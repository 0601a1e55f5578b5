"""The request for programs: what is asked of the language model, and with which sampling parameters."""

from pydantic import BaseModel, ConfigDict, Field

from vpd.chat.embedded import MODEL_NAME
from vpd.chat.request import Request
from vpd.sampling.prompt import build_messages


class SamplingConfig(BaseModel):
    """What decides the answers: model and sampling parameters (VPD: k=5 at temperature 0.5)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(MODEL_NAME, description="model name sent to the endpoint")
    tools: str = Field("scenes", description="tool set that the programs will run with")
    candidates: int = Field(5, ge=1, le=64, description="programs per question text (k)")
    temperature: float = Field(0.5, ge=0, le=2, description="sampling temperature")
    top_p: float = Field(0.95, gt=0, le=1, description="nucleus sampling share")
    max_tokens: int = Field(200, ge=16, description="most tokens one program may take")
    seed: int = Field(0, description="seed sent to the endpoint")


def build_request(config: SamplingConfig, question: str) -> Request:
    """Return the request for one question text."""
    payload = {
        "model": config.model,
        "messages": build_messages(question, config.tools),
        "temperature": config.temperature,
        "top_p": config.top_p,
        "max_tokens": config.max_tokens,
        "seed": config.seed,
        "logprobs": True,
    }
    return Request.of(question, payload)
