"""`ImagePatch` methods answered by an endpoint: a crop and a question go out, a short answer comes back.

Answers are kept in the request cache that sampling uses, under the whole request with the picture in it. The
model is known by its name only: that the endpoint serves the same weights under it is up to who runs it.
"""

import hashlib
import math
from collections.abc import Mapping, Sequence
from itertools import compress
from typing import Any

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.embedded import MODEL_NAME
from vpd.chat.endpoint import EndpointConfig, open_endpoint
from vpd.chat.request import Request
from vpd.errors import ConfigError
from vpd.settings import Settings, load_settings
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.openai.crop import data_url, touches
from vpd.tools.openai.prompts import PROMPTS, UnusableAnswer
from vpd.tools.openai.section import EndpointSection, Served
from vpd.tools.protocol import Tool, ToolCard, ToolFailure, ToolRequest, ToolResult, tool_version

CODE_VERSION = 1  # raise it when crops or the reading of answers change
ATTEMPT_SECONDS = 60.0  # for one attempt at a short answer
_NO_PIXEL = ToolFailure("argument", "the region has no pixel of the picture")


class EndpointTool:
    """One method. `run` raises EndpointError if the endpoint is broken, not for single requests."""

    def __init__(self, method: Served, section: EndpointSection, asker: Asker) -> None:
        self._method, self._prompt = IMAGE_PATCH[method], PROMPTS[method]
        self._section, self._asker = section, asker
        self._model = section.model if self._method.looks else section.knowledge_model or section.model
        self.card = ToolCard(self._method.kind, self._version(), device="remote")

    def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult | ToolFailure]:
        """Answer a batch. The confidence is the geometric mean of the answer's token probabilities.

        A request that the endpoint or its model refuses is a failure of kind `argument`; one that it did not
        answer, or not usably, of kind `error`.
        """
        sendable = [not self._method.looks or touches(call.picture, call.region) for call in batch]
        answers = iter(self._asker.ask(map(self._request, compress(batch, sendable))))
        return [self._result(next(answers)) if sent else _NO_PIXEL for sent in sendable]

    def _request(self, call: ToolRequest) -> Request:
        text = self._prompt.text.format(**dict(zip(self._method.parameters, call.args, strict=True)))
        content: str | list[dict[str, Any]] = text
        if self._method.looks:
            url = data_url(call.picture, call.region, self._section.side)
            content = [{"type": "image_url", "image_url": {"url": url}}, {"type": "text", "text": text}]
        payload = {
            "model": self._model,
            "messages": [{"role": "user", "content": content}],
            "temperature": self._section.temperature,
            "max_tokens": self._section.max_tokens,
            "logprobs": True,
        }
        return Request.of(text, payload)

    def _result(self, answer: Answer) -> ToolResult | ToolFailure:
        if answer.text is None:
            refused = answer.problem_class != "provider"
            message = f"{self._model} gave no answer: {answer.problem}"
            return ToolFailure("argument" if refused else "error", message)
        if answer.finish_reason == "length":
            return ToolFailure("error", f"{self._model} was cut off at {self._section.max_tokens} tokens")
        try:
            value = self._prompt.read(answer.text)
        except UnusableAnswer as error:
            return ToolFailure("error", f"{self._model}: {error}")
        return ToolResult(value, None if answer.logprob is None else min(1.0, math.exp(answer.logprob)))

    def _version(self) -> str:
        decides: dict[str, object] = {
            "model": self._model,
            "prompt": hashlib.sha256(self._prompt.text.encode()).hexdigest()[:12],
            "temperature": self._section.temperature,
            "max_tokens": self._section.max_tokens,
        }
        if self._method.looks:
            decides["side"] = self._section.side
        return tool_version("endpoint", **decides, code=CODE_VERSION)


def open_endpoint_tools(section: EndpointSection, settings: Settings | None = None) -> Mapping[str, Tool]:
    """Return the section's tools by method name; the endpoint is contacted at the first request not kept.

    Raises ConfigError if neither the section nor VPD_LLM_URL has an address, and StoreError if the cache of
    answers does not open. The cache and the connections are closed when the tools are gone.
    """
    settings = settings or load_settings()
    url = section.url or settings.llm_url
    if not url:
        raise ConfigError("no endpoint for the tools: set its `url` in the tool set's file, or VPD_LLM_URL")
    config = EndpointConfig(url=url, concurrency=section.concurrency, timeout=ATTEMPT_SECONDS)
    return endpoint_tools(section, _open_asker(config, settings))


def open_knowledge_tool(settings: Settings | None = None) -> Tool:
    """Return `llm_query` answered by VPD_LLM_URL, else by the embedded model, started when first asked.

    Raises StoreError if the cache of answers does not open.
    """
    settings = settings or load_settings()
    section = EndpointSection(model=settings.llm_model or MODEL_NAME, methods=("llm_query",))
    config = EndpointConfig(url=settings.llm_url, timeout=ATTEMPT_SECONDS)
    return endpoint_tools(section, _open_asker(config, settings))["llm_query"]


def endpoint_tools(section: EndpointSection, asker: Asker) -> Mapping[str, Tool]:
    """Return the section's tools by method name, which all ask through one asker."""
    return {method: EndpointTool(method, section, asker) for method in section.methods}


def _open_asker(config: EndpointConfig, settings: Settings) -> Asker:
    cache = AnswerCache(settings.home / "cache" / "answers.sqlite")
    return Asker(open_endpoint(config, settings), cache, config.concurrency)
