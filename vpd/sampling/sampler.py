"""The sampler: k candidate programs for each distinct question text, from cache, record or live model.

Each answer is kept the moment it arrives, so a stopped run goes on where it was. The live model is started or
contacted only when a request is in neither cache nor record.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.client import ChatEndpoint, HttpChatEndpoint
from vpd.chat.embedded import EmbeddedEndpoint
from vpd.chat.request import Request
from vpd.errors import EndpointError
from vpd.sampling.record import DEMO_RECORD, EMPTY, Record, load_record
from vpd.sampling.request import SamplingConfig, build_request
from vpd.settings import Settings

Progress = Callable[[int, int], None]


@dataclass
class Sampler:
    """Asks for programs; `sources` counts answers by where they came from in this run."""

    config: SamplingConfig
    cache: AnswerCache
    connect: Callable[[], ChatEndpoint]
    record: Record = EMPTY
    sources: Counter[str] = field(default_factory=Counter)
    _endpoint: ChatEndpoint | None = None

    def sample(
        self, texts: Iterable[str], progress: Progress | None = None
    ) -> Iterator[tuple[Request, list[Answer]]]:
        """Yield each distinct text's request with its k answers, in the order of first appearance.

        An answer may be an error; it is data. Raises EndpointError if the live model is needed and not there.
        """
        distinct = list(dict.fromkeys(texts))
        for done, text in enumerate(distinct, start=1):
            request = build_request(self.config, text)
            yield request, self._answers(request)
            if progress:
                progress(done, len(distinct))

    def probe_key(self) -> str:
        """Return the key of a fixed request: it changes with the prompt and the sampling parameters."""
        return build_request(self.config, "probe").key

    def _answers(self, request: Request) -> list[Answer]:
        wanted = range(self.config.candidates)
        known = self.cache.get(request.key)
        self.sources["cache"] += sum(s in known for s in wanted)
        recorded = [a for s in wanted if s not in known and (a := self.record.get(request.key, s))]
        self.cache.put(recorded)
        self.sources["record"] += len(recorded)
        known |= {a.sample: a for a in recorded}
        missing = [s for s in wanted if s not in known]
        if missing:
            asked = self._live().complete(request, missing)
            self.cache.put(asked)
            self.sources["live"] += len(asked)
            known |= {a.sample: a for a in asked}
            self._stop_if_down(request, asked)
        return [known[s] for s in wanted]

    def _live(self) -> ChatEndpoint:
        if self._endpoint is None:
            self._endpoint = self.connect()
        return self._endpoint

    @staticmethod
    def _stop_if_down(request: Request, asked: list[Answer]) -> None:
        """An endpoint that fails every retry is down: stop here, everything answered so far is kept."""
        if all(a.problem_class == "provider" for a in asked):
            raise EndpointError(
                f"the language model failed on {request.question!r} ({asked[0].problem}): see whether it "
                "is up, then run again; answers so far are kept and are not asked for again"
            )


@contextmanager
def open_sampler(
    settings: Settings, config: SamplingConfig | None = None, threads: int = 2
) -> Iterator[Sampler]:
    """Open the sampler that the environment describes: an endpoint by URL, else record and embedded model."""
    config = config or default_config(settings)
    opened: list[HttpChatEndpoint | EmbeddedEndpoint] = []

    def connect() -> ChatEndpoint:
        key = settings.llm_api_key.get_secret_value()
        embedded = EmbeddedEndpoint(settings.model_dir, config.candidates, threads)
        endpoint = HttpChatEndpoint(settings.llm_url, key) if settings.llm_url else embedded
        opened.append(endpoint)
        endpoint.check()
        return endpoint

    cache = AnswerCache(settings.home / "cache" / "answers.sqlite")
    record = load_record(DEMO_RECORD) if DEMO_RECORD.exists() else EMPTY
    try:
        yield Sampler(config, cache, connect, record)
    finally:
        for endpoint in opened:
            endpoint.close()
        cache.close()


def default_config(settings: Settings) -> SamplingConfig:
    """Return the default sampling parameters for the model that the environment names."""
    named = {"model": settings.llm_model} if settings.llm_model else {}
    return SamplingConfig.model_validate({"tools": settings.tools, **named})
