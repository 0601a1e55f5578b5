"""What a chat endpoint sends back, read strictly: anything of another form or type is unreadable.

Not here: what the text of an answer is worth (`vpd.execution.program`, `vpd.tools.openai.prompts`).
"""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

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


class _Message(_Part):
    content: str | None


class _Choice(_Part):
    index: int
    message: _Message
    finish_reason: str | None = None
    logprobs: _Logprobs | None = None


class _Completion(_Part):
    choices: list[_Choice]


def read_completion(request: Request, samples: Sequence[int], body: bytes) -> list[Answer]:
    """Return the answers in a response's body to the first samples: fewer if it has fewer choices.

    Raises ValueError if the body is no chat completion, or has no text and gives no reason for that.
    """
    choices = sorted(_Completion.model_validate_json(body).choices, key=lambda choice: choice.index)
    return [_answer(request, sample, choice) for sample, choice in zip(samples, choices, strict=False)]


def _answer(request: Request, sample: int, choice: _Choice) -> Answer:
    text, reason = choice.message.content, choice.finish_reason
    if text is None and reason in _NO_TEXT:
        return Answer(request.key, sample, None, f"no text ({reason})", "request", reason, None, 0, "live")
    if text is None:
        raise ValueError("content is no text")
    logprobs = [token.logprob for token in (choice.logprobs and choice.logprobs.content) or []]
    mean = sum(logprobs) / len(logprobs) if logprobs else None
    return Answer(request.key, sample, text, None, None, reason, mean, len(logprobs), "live")
