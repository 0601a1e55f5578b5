"""Endpoint tools against a local server that counts."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.chat_server import ChatServer, answers
from vpd.chat.answers import AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.client import HttpChatEndpoint
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import endpoint_tools
from vpd.tools.protocol import Picture, Tool

OpenTools = Callable[..., Mapping[str, Tool]]


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    chat.behaviour = lambda payload: answers("Red.", logprobs=(-0.1, -0.3))
    yield chat
    chat.close()


@pytest.fixture
def open_tools(server: ChatServer, tmp_path: Path) -> Iterator[OpenTools]:
    """Opens tools as another run would: same cache file, nothing else shared."""
    opened: list[HttpChatEndpoint | AnswerCache] = []

    def open_(**section: object) -> Mapping[str, Tool]:
        described = EndpointSection.model_validate({"model": "vlm", **section})
        endpoint = HttpChatEndpoint(server.url, pause=0.0)
        cache = AnswerCache(tmp_path / "cache" / "answers.sqlite")
        opened.extend((endpoint, cache))
        return endpoint_tools(described, Asker(endpoint, cache, described.concurrency))

    yield open_
    for resource in opened:
        resource.close()


@pytest.fixture(scope="session")
def picture() -> Picture:
    """Noise of 90 x 60 pixels: no two crops are alike."""
    return Picture("noise", np.random.default_rng(1).integers(0, 256, (60, 90, 3)).astype(np.uint8))
