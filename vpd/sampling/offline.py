"""Which requests a set of questions still needs, found without asking anybody.

The requests of a round follow from the answers before (`vpd.sampling.drafts`), so a question shows those of
its next round when all answers of the round before are kept.

Not here: what they would cost (`vpd.sampling.projection`), files of them (`vpd.sampling.batch_folder`).
"""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.request import Request
from vpd.records import QUESTIONS
from vpd.sampling.drafts import Drafting, ProgramReviewer
from vpd.sampling.prompt import Asked
from vpd.sampling.record import DEMO_RECORD, EMPTY, Record, load_record
from vpd.sampling.request import SamplingConfig, Writer
from vpd.settings import Settings
from vpd.store import ArtifactStore


@dataclass(frozen=True)
class Kept:
    """Answers that need not be asked for: those in the cache, then those in the record."""

    cache: AnswerCache
    record: Record

    def get(self, key: str, samples: Sequence[int]) -> dict[int, Answer]:
        """Return the kept answers to these samples of a request, by sample index."""
        cached = self.cache.get(key)
        found = ((s, cached.get(s) or self.record.get(key, s)) for s in samples)
        return {sample: answer for sample, answer in found if answer is not None}


@dataclass(frozen=True)
class Missing:
    """A request, and those of its samples that are not kept."""

    writer: Writer
    request: Request
    samples: tuple[int, ...]


@contextmanager
def open_kept(settings: Settings) -> Iterator[Kept]:
    """Open what a sampler with these settings has. Raises StoreError if the cache cannot be read."""
    record = load_record(DEMO_RECORD) if DEMO_RECORD.exists() else EMPTY
    with closing(AnswerCache(settings.home / "cache" / "answers.sqlite")) as cache:
        yield Kept(cache, record)


def shard_questions(store: ArtifactStore, shards: Iterable[str]) -> list[Asked]:
    """Return what the questions of shards ask, each text with its choices once.

    Raises MissingShardError for a shard without questions.
    """
    rows = (row for shard in shards for row in QUESTIONS.rows(store.read_shard(QUESTIONS, shard)))
    return list(dict.fromkeys(Asked(*row.asks) for row in rows))


def missing_requests(
    config: SamplingConfig, kept: Kept, reviewer: ProgramReviewer, questions: Iterable[Asked]
) -> Iterator[Missing]:
    """Yield the requests of each question's next round as far as their answers are not kept.

    A question for which nothing is missing in any round yields none.
    """
    for asked in questions:
        lookup = _Lookup(kept)
        with suppress(_NotKeptError):
            Drafting(config, lookup.start, reviewer).write(asked)
        yield from lookup.missing


class _NotKeptError(Exception):
    """An answer is not kept, so the rounds after it are unknown."""


@dataclass(frozen=True)
class _Lookup:
    """Stands for the language models: gives kept answers and notes the others."""

    kept: Kept
    missing: list[Missing] = field(default_factory=list)

    def start(self, writer: Writer, request: Request, samples: Sequence[int]) -> Future[list[Answer]]:
        found = self.kept.get(request.key, samples)
        future: Future[list[Answer]] = Future()
        missing = tuple(sample for sample in samples if sample not in found)
        if missing:
            self.missing.append(Missing(writer, request, missing))
            future.set_exception(_NotKeptError())
        else:
            future.set_result([found[sample] for sample in samples])
        return future
