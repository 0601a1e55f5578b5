"""What an endpoint sends back, read strictly: anything of another form or type is unreadable.

Chat completions carry messages, raw ones texts. Log probabilities come as OpenAI's chat endpoint and
llama.cpp give them (`content`), or as OpenAI's older endpoint for raw prompts does (`token_logprobs`).
Token counts (`usage`) are the one tolerant part: an answer is not thrown away because its bill is missing.

Not here: what the text of an answer is worth (`vpd.execution.program`, `vpd.tools.openai.prompts`).
"""

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt, ValidationError

from vpd.chat.answers import Answer
from vpd.chat.request import Request

_NO_TEXT = frozenset(
    {"content_filter", "length"}
)  # reasons to finish without text; asking again gives the same


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, allow_inf_nan=False)


class _Token(_Part):
    logprob: float


class _Logprobs(_Part):
    content: list[_Token] | None = None
    token_logprobs: list[float | None] | None = None

    def values(self) -> list[float]:
        if self.content is not None:
            return [token.logprob for token in self.content]
        return [value for value in self.token_logprobs or [] if value is not None]


class _Message(_Part):
    content: str | None
    refusal: str | None = None


class _Choice(_Part):
    index: int
    message: _Message | None = None
    text: str | None = None
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None

    def logprob_values(self) -> list[float]:
        return self.logprobs.values() if self.logprobs else []


class _Completion(_Part):
    choices: list[_Choice]
    usage: Any = None


class _Details(_Part):
    cached_tokens: NonNegativeInt | None = None


class _Usage(_Part):
    prompt_tokens: NonNegativeInt = 0
    completion_tokens: NonNegativeInt = 0
    prompt_tokens_details: _Details | None = None

    @property
    def cached_tokens(self) -> int:
        details = self.prompt_tokens_details
        return min(self.prompt_tokens, (details and details.cached_tokens) or 0)


def read_completion(request: Request, samples: Sequence[int], body: bytes) -> list[Answer]:
    """Return the answers in a response's body to the first samples: fewer if it has fewer choices.

    Completion tokens are those with a log probability; without any, the usage's, divided evenly. Raises
    ValueError if the body is no completion, or has no text and gives no reason for that.
    """
    completion = _Completion.model_validate_json(body)
    usage = _usage(completion.usage)
    choices = sorted(completion.choices, key=lambda choice: choice.index)[: len(samples)]
    share, rest = divmod(usage.completion_tokens, max(1, len(choices)))
    return [
        _answer(request, sample, choice, share + (rest if i == 0 else 0), usage if i == 0 else _Usage())
        for i, (sample, choice) in enumerate(zip(samples, choices, strict=False))
    ]


def _usage(given: Any) -> _Usage:
    try:
        return _Usage.model_validate(given)
    except ValidationError:
        return _Usage()


def _answer(request: Request, sample: int, choice: _Choice, share: int, prompt: _Usage) -> Answer:
    text, problem = _text(choice), None
    if text is None:
        problem = f"no text ({_reason(choice)})"
    logprobs = choice.logprob_values()
    return Answer(
        request.key, sample, text, problem, None if problem is None else "content", choice.finish_reason,
        sum(logprobs) / len(logprobs) if logprobs and text is not None else None,
        len(logprobs) or share, prompt.prompt_tokens, prompt.cached_tokens, "live",
    )  # fmt: skip


def _text(choice: _Choice) -> str | None:
    return choice.text if choice.message is None else choice.message.content


def _reason(choice: _Choice) -> str:
    """Return why a choice has no text. Raises ValueError if it does not say."""
    if choice.message is not None and choice.message.refusal:
        return f"refusal: {choice.message.refusal[:200]}"
    if choice.finish_reason in _NO_TEXT:
        return choice.finish_reason
    raise ValueError("content is no text")
