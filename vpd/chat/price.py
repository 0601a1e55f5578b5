"""What an endpoint asks for its tokens.

Not here: bounds on spending (`vpd.chat.spending`).
"""

from pydantic import BaseModel, ConfigDict, Field

from vpd.chat.answers import Answer

_MILLION = 1_000_000


class Price(BaseModel):
    """US dollars per million tokens, as providers publish them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input: float = Field(ge=0, allow_inf_nan=False, description="of the prompt")
    cached_input: float = Field(
        default_factory=lambda given: float(given.get("input", 0)),
        ge=0,
        allow_inf_nan=False,
        description="of the prompt's tokens that the endpoint had in its cache; default: as `input`",
    )
    output: float = Field(ge=0, allow_inf_nan=False, description="of the answers")

    def cost(self, answer: Answer) -> float:
        """Return what an answer cost in US dollars, its share of the prompt included."""
        fresh = answer.prompt_tokens - answer.cached_tokens
        prompt = fresh * self.input + answer.cached_tokens * self.cached_input
        return (prompt + answer.tokens * self.output) / _MILLION

    def worst(self, prompt_tokens: int, samples: int, max_tokens: int) -> float:
        """Return the US dollars that a request costs if nothing is cached and every answer is cut off."""
        return (prompt_tokens * self.input + samples * max_tokens * self.output) / _MILLION
