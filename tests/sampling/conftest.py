"""A sampler with real cache, askers and reviewer at a local endpoint."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

import pytest

from tests.chat_server import ChatServer
from vpd.chat.answers import AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.client import HttpChatEndpoint
from vpd.chat.endpoint import EndpointConfig
from vpd.chat.price import Price
from vpd.review.reviewer import Reviewer, open_reviewer
from vpd.sampling.plan import Plan
from vpd.sampling.record import EMPTY, Record
from vpd.sampling.request import SamplingConfig, Writer
from vpd.sampling.sampler import Sampler
from vpd.tools.toolset import SCENES

OpenSampler = Callable[..., AbstractContextManager[Sampler]]


@pytest.fixture(scope="session")
def reviewer() -> Iterator[Reviewer]:
    with open_reviewer(SCENES) as opened:
        yield opened


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    yield chat
    chat.close()


@pytest.fixture
def cache_file(tmp_path: Path) -> Path:
    return tmp_path / "answers.sqlite"


@pytest.fixture
def open_on(server: ChatServer, cache_file: Path, reviewer: Reviewer) -> OpenSampler:
    """Open a sampler as another run would: same cache file, nothing else shared. Three candidates by "m"."""

    @contextmanager
    def open_(
        *,
        url: str = server.url,
        record: Record = EMPTY,
        concurrency: int = 4,
        price: Price | None = None,
        ceiling: float | None = None,
        **config: object,
    ) -> Iterator[Sampler]:
        settings = SamplingConfig.model_validate(
            {"writers": (Writer(model="m", candidates=3),), "examples": 3, **config}
        )
        where = EndpointConfig(url=url, concurrency=concurrency, price=price)
        plan = Plan(settings, {writer.model: where for writer in settings.writers}, ceiling)
        with ExitStack() as stack:
            cache = AnswerCache(cache_file)
            stack.callback(cache.close)
            askers = {}
            for writer in settings.writers:
                endpoint = HttpChatEndpoint(url, pause=0.0, attempts=2)
                asker = Asker(endpoint, AnswerCache(cache_file), concurrency, None, price, ceiling)
                stack.callback(asker.close)
                askers[writer.model] = asker
            yield Sampler(plan, cache, askers, reviewer, record)

    return open_
