"""A local endpoint and a client for it."""

from collections.abc import Iterator

import pytest

from tests.chat_server import ChatServer
from vpd.chat.client import HttpChatEndpoint


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    yield chat
    chat.close()


@pytest.fixture
def endpoint(server: ChatServer) -> Iterator[HttpChatEndpoint]:
    http = HttpChatEndpoint(server.url, pause=0.0)
    yield http
    http.close()
