"""The sampler: k candidate programs for each distinct question, from cache, record or language models.

Questions are asked side by side, as many as the endpoint takes, those that show the same worked examples one
after another: an endpoint that keeps the start of a prompt reads it once. Each answer is kept the moment it
arrives, so a stopped run goes on where it was. A language model is started or contacted only when a request
is in neither cache nor record.

Not here: the rounds for one question (`vpd.sampling.drafts`), asking (`vpd.chat.asker`).
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from vpd.chat.answers import Answer, AnswerCache
from vpd.chat.asker import Asker, Counts
from vpd.chat.endpoint import open_endpoint
from vpd.chat.request import Request
from vpd.errors import EndpointError
from vpd.records import canonical_json
from vpd.review.reviewer import open_reviewer
from vpd.sampling.drafts import Draft, Drafting, ProgramReviewer
from vpd.sampling.plan import Plan, load_plan
from vpd.sampling.prompt import Asked, prompt_parts, shown_examples
from vpd.sampling.record import DEMO_RECORD, EMPTY, Record, load_record
from vpd.sampling.request import SamplingConfig, Writer
from vpd.settings import Settings
from vpd.tools.toolset import find_toolset

REMEMBERED = 4096  # questions whose drafts are reviewed once for all shards of a run

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Tally:
    """What a sampler did so far: answers by where they came from, and the live ones' tokens and cost.

    `cost` is in US dollars; None if no model has a price.
    """

    from_cache: int
    from_record: int
    live: Counts

    @property
    def cost(self) -> float | None:
        """What the live answers cost."""
        return self.live.cost


class Sampler:
    """Writes candidate programs; `askers` are by model name."""

    def __init__(
        self,
        plan: Plan,
        cache: AnswerCache,
        askers: Mapping[str, Asker],
        reviewer: ProgramReviewer,
        record: Record = EMPTY,
    ) -> None:
        self.plan = plan
        self._cache, self._askers, self._reviewer, self._record = cache, askers, reviewer, record
        self._lock = Lock()
        self._from_record = 0
        self._drafting = Drafting(plan.config, self._start, reviewer)
        self._written = lru_cache(REMEMBERED)(self._write)

    @property
    def config(self) -> SamplingConfig:
        """What decides the candidates."""
        return self.plan.config

    @property
    def tally(self) -> Tally:
        """What was done so far."""
        counts = [asker.counts for asker in self._askers.values()]
        with self._lock:
            recorded = self._from_record
        return Tally(sum(c.from_cache for c in counts) - recorded, recorded, _added(counts))

    def sample(
        self, questions: Iterable[Asked], progress: Progress | None = None
    ) -> Iterator[tuple[Asked, list[Draft]]]:
        """Yield each distinct question with its drafts, questions that show the same examples together.

        What a model wrote may be no program; that is data. Raises EndpointError if an answer is needed and
        does not come: at the end if only some fail, so that all others are asked, and kept.
        """
        distinct = sorted(dict.fromkeys(questions), key=self._neighbours)
        failed: list[tuple[Asked, EndpointError]] = []
        with ThreadPoolExecutor(self.plan.side_by_side, thread_name_prefix="vpd-questions") as threads:
            futures = [threads.submit(self._written, asked) for asked in distinct]
            try:
                for done, (asked, future) in enumerate(zip(distinct, futures, strict=True), start=1):
                    try:
                        yield asked, future.result()
                    except EndpointError as error:
                        failed.append((asked, error))
                    if progress:
                        progress(done, len(distinct))
            finally:
                threads.shutdown(wait=False, cancel_futures=True)
        if failed:
            raise _unanswered(failed, len(distinct))

    def identity(self) -> str:
        """Return a hash of everything that decides candidates: it changes with prompts, models, rules."""
        toolset = find_toolset(self.config.tools)
        parts = [
            self.config.model_dump(),
            prompt_parts(self.config.tools),
            [(example.question, example.program) for example in toolset.examples],
            self._reviewer.version,
        ]
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()

    def _neighbours(self, asked: Asked) -> tuple[list[str], Asked]:
        shown = shown_examples(asked, self.config.tools, self.config.examples)
        return [example.question for example in shown], asked

    def _write(self, asked: Asked) -> list[Draft]:
        """Return a question's drafts. Raises EndpointError if one of them should be asked for again."""
        drafts = self._drafting.write(asked)
        missing = [draft.answer for draft in drafts if not draft.answer.final]
        if missing:
            raise EndpointError(f"no answer to {asked.text!r}: {missing[0].problem}")
        return drafts

    def _start(self, writer: Writer, request: Request, samples: Sequence[int]) -> Future[list[Answer]]:
        """Ask for samples of a request, after what the record has of them is kept."""
        kept = self._cache.get(request.key)
        recorded = [a for s in samples if s not in kept and (a := self._record.get(request.key, s))]
        if recorded:
            self._cache.put(recorded)
            with self._lock:
                self._from_record += len(recorded)
        return self._askers[writer.model].start(request, samples)


def _unanswered(failed: Sequence[tuple[Asked, EndpointError]], questions: int) -> EndpointError:
    asked, first = failed[0]
    return type(first)(
        f"{len(failed)} of {questions} questions have no programs, {asked.text!r} the first of them: "
        f"{first}. All other answers are kept; run again to ask for these alone"
    )


def _added(counts: Sequence[Counts]) -> Counts:
    costs = [c.cost for c in counts if c.cost is not None]
    return Counts(
        asked=sum(c.asked for c in counts),
        answered=sum(c.answered for c in counts),
        from_cache=sum(c.from_cache for c in counts),
        failed=sum(c.failed for c in counts),
        prompt_tokens=sum(c.prompt_tokens for c in counts),
        cached_tokens=sum(c.cached_tokens for c in counts),
        completion_tokens=sum(c.completion_tokens for c in counts),
        cost=sum(costs) if costs else None,
    )


@contextmanager
def open_sampler(settings: Settings, plan: Plan | None = None, threads: int = 2) -> Iterator[Sampler]:
    """Open the sampler of a plan, by default the one that the environment describes.

    `threads` are the embedded model's. Nobody is contacted before an answer is missing in cache and record.
    Raises ConfigError, ToolError for an unknown tool set, StoreError if answers cannot be kept.
    """
    plan = plan or load_plan(settings)
    path = settings.home / "cache" / "answers.sqlite"
    record = load_record(DEMO_RECORD) if DEMO_RECORD.exists() else EMPTY
    with ExitStack() as stack:
        reviewer = stack.enter_context(open_reviewer(find_toolset(plan.config.tools)))
        cache = AnswerCache(path)
        stack.callback(cache.close)
        askers = {w.model: _open_asker(w, plan, settings, path, threads) for w in plan.config.writers}
        for asker in askers.values():
            stack.callback(asker.close)
        yield Sampler(plan, cache, askers, reviewer, record)


def _open_asker(writer: Writer, plan: Plan, settings: Settings, path: Path, threads: int) -> Asker:
    """Open the asker of one model, with a cache connection of its own: it closes that when it ends."""
    where = plan.endpoints[writer.model]
    endpoint = open_endpoint(where, settings, slots=writer.candidates, threads=threads)
    ceiling = plan.ceiling if where.url else None  # the embedded model costs nothing
    return Asker(endpoint, AnswerCache(path), where.concurrency, where.budget(), where.price, ceiling)
