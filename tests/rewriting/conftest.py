"""A local OpenAI-compatible endpoint, and settings that name it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chat_server import ChatServer
from vpd.settings import Settings, load_settings


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    yield chat
    chat.close()


@pytest.fixture
def settings(server: ChatServer, tmp_path: Path) -> Settings:
    given = {"VPD_HOME": str(tmp_path), "VPD_LLM_URL": server.url, "VPD_LLM_MODEL": "theirs"}
    return load_settings({**given, "VPD_LLM_API_KEY": "secret-key"})
