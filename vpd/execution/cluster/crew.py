"""The workers of a Ray engine: who runs which chunk, and what happens when one dies.

Each worker holds the chunk it runs and the next one, so it never waits for the driver. A worker that dies
with its process or its node is replaced. The chunk it ran is run again; if that costs a second worker it is
halved until a program stands alone, which then ends as `crash`. The chunk that waited goes to another worker.

Worker and lane have the same number: a worker takes chunks of its lane, and of others only when it is idle.
"""

import logging
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from vpd.errors import ConfigError, SandboxError
from vpd.execution.cluster.chunks import Chunk
from vpd.execution.cluster.pictures import PictureShelf
from vpd.execution.cluster.worker import ChunkResult, Opened
from vpd.execution.counters import Counters
from vpd.execution.trace import Run

_log = logging.getLogger(__name__)
_EACH = 2  # chunks at a worker: one runs, one waits
_DEATHS_IN_A_ROW = 10  # per worker, without a chunk done in between: then it is not the programs


@dataclass(frozen=True)
class Start:
    """An actor and the reference to its `Opened`."""

    actor: Any
    opening: Any


@dataclass
class _Given:
    chunk: Chunk
    result: Any
    pixels: dict[str, Any]
    """References to the pictures, held so that they stay in the object store."""


@dataclass(eq=False)
class _Worker:
    start: Start
    opened: Opened | None = None
    chunks: deque[_Given] = field(default_factory=deque)

    @property
    def next_news(self) -> Any | None:
        """The reference that will tell what this worker is at; None if it has nothing to do."""
        if self.opened is None:
            return self.start.opening
        return self.chunks[0].result if self.chunks else None


class Crew:
    """Workers and the chunks that they hold."""

    def __init__(self, start: Callable[[], Start], size: int, start_seconds: float) -> None:
        self.opened: list[Opened] = []
        """What every worker that ever opened, dead ones too, said of itself."""
        self.counters = Counters()
        self._start, self._start_seconds = start, start_seconds
        self._workers = [_Worker(start()) for _ in range(size)]
        self._waiting: deque[Chunk] = deque()
        self._shelf = PictureShelf()
        self._deaths = 0

    @property
    def able(self) -> int:
        """Workers that have opened and are not known to be dead."""
        return sum(worker.opened is not None for worker in self._workers)

    @property
    def chunks(self) -> int:
        """Chunks that were given and have not come back."""
        return len(self._waiting) + sum(len(worker.chunks) for worker in self._workers)

    @property
    def has_room(self) -> bool:
        """Whether to give another chunk: to each worker its own, and one more to choose from."""
        return self.chunks < (_EACH + 1) * len(self._workers)

    def give(self, chunk: Chunk) -> None:
        """Take a chunk."""
        self._waiting.append(chunk)
        self._hand_out()

    def wait(self) -> list[tuple[Chunk, list[Run]]]:
        """Wait until something happens; return the chunks that are done, if it was that.

        Raises what a worker raised, and SandboxError if no worker starts or all of them keep dying.
        """
        worker, news = self._next()
        try:
            done = self._take(worker, ray.get(news))
        except RayTaskError as error:
            raise error.cause from error
        except RayError as error:
            done = self._bury(worker, error)
        self._hand_out()
        return done

    def give_up(self) -> None:
        """Forget all chunks; what a worker is at it finishes."""
        self._waiting.clear()
        for worker in self._workers:
            for given in worker.chunks:
                ray.cancel(given.result)
            worker.chunks.clear()

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            ray.kill(worker.start.actor)

    def _next(self) -> tuple[_Worker, Any]:
        pending = {w.next_news: w for w in self._workers if w.next_news is not None}
        none_open = all(worker.opened is None for worker in self._workers)
        ready, _ = ray.wait(list(pending), timeout=self._start_seconds if none_open else None)
        if not ready:
            free = ray.available_resources()  # type: ignore[no-untyped-call]
            raise SandboxError(
                f"no program worker started within {self._start_seconds:g} s: the cluster has "
                f"{free} free; take fewer cores or GPUs per actor, or add nodes"
            )
        return pending[ready[0]], ready[0]

    def _take(self, worker: _Worker, news: Opened | ChunkResult) -> list[tuple[Chunk, list[Run]]]:
        if isinstance(news, Opened):
            self._check(news)
            worker.opened = news
            self.opened.append(news)
            return []
        self._deaths = 0
        self.counters = _sum(self.counters, news.counters)
        return [(worker.chunks.popleft().chunk, news.runs)]

    def _check(self, opened: Opened) -> None:
        others = [other.tools_version for other in self.opened[:1]]
        if others and others[0] != opened.tools_version:
            raise ConfigError(
                f"nodes of the cluster have different tools, {others[0]} and {opened.tools_version}: "
                "install the same version of vpd on all of them"
            )

    def _bury(self, worker: _Worker, error: RayError) -> list[tuple[Chunk, list[Run]]]:
        """Replace a dead worker and take back its chunks; return the one that no worker survives."""
        self._deaths += 1
        if self._deaths > _DEATHS_IN_A_ROW * len(self._workers):
            raise SandboxError(f"program workers on Ray die one after the other: {error}") from error
        _log.warning("a program worker died, starting another: %s", error)
        ray.kill(worker.start.actor)  # it may only be out of reach
        self._workers[self._workers.index(worker)] = _Worker(self._start())
        chunks = [given.chunk for given in worker.chunks]
        if not chunks:
            return []
        again = chunks[0].after_death()
        self._waiting.extend([*again, *chunks[1:]])
        crash = Run("crash", None, (), "the worker process died whenever it ran this program")
        return [] if again else [(chunks[0], [crash])]

    def _hand_out(self) -> None:
        for lane, worker in enumerate(self._workers):
            while worker.opened is not None and (chunk := self._pick(lane, len(worker.chunks))) is not None:
                self._waiting.remove(chunk)
                worker.chunks.append(self._send(worker, chunk))

    def _pick(self, lane: int, held: int) -> Chunk | None:
        """Return a chunk for a worker: of its lane, or any one if it would be idle."""
        own = (chunk for chunk in self._waiting if chunk.lane == lane and held < _EACH)
        return next(own, self._waiting[0] if self._waiting and held == 0 else None)

    def _send(self, worker: _Worker, chunk: Chunk) -> _Given:
        pictures = {job.picture.image_id: job.picture for _, job in chunk.jobs}
        pixels = {image_id: self._shelf.put(picture) for image_id, picture in pictures.items()}
        programs = [(job.source, job.picture.image_id) for _, job in chunk.jobs]
        return _Given(chunk, worker.start.actor.run.remote(programs, pixels), pixels)


def _sum(a: Counters, b: Counters) -> Counters:
    return a.since(Counters().since(b))
