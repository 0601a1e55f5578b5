"""Jobs in chunks, the unit that a worker is sent, and what becomes of a chunk whose worker died."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from zlib import crc32

from vpd.execution.run import Job


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some jobs of a lane with their numbers, and how many workers died while they ran these."""

    lane: int
    jobs: tuple[tuple[int, Job], ...]
    deaths: int = 0

    def after_death(self) -> tuple["Chunk", ...]:
        """Return what to run next: the same chunk once more, then its halves; nothing for a lone job.

        So a program that kills its worker is found in a few steps, and ends alone.
        """
        if self.deaths == 0:
            return (replace(self, deaths=1),)
        if len(self.jobs) == 1:
            return ()
        middle = len(self.jobs) // 2
        return replace(self, jobs=self.jobs[:middle]), replace(self, jobs=self.jobs[middle:])


def chunks_of(jobs: Iterable[Job], size: int, lanes: int) -> Iterator[Chunk]:
    """Sort jobs by picture into lanes, and cut each lane into chunks of this size.

    A picture's programs make mostly the same tool calls, and each worker has a tool cache of its own; so the
    programs of a picture share a lane, and a worker prefers one lane. A lane that fills slowly is cut early,
    so that no job waits for more than twice as many others as fill all lanes.
    """
    filling: dict[int, list[tuple[int, Job]]] = {}  # by the age of the oldest job
    for number, job in enumerate(jobs):
        lane = crc32(job.picture.image_id.encode()) % lanes
        filling.setdefault(lane, []).append((number, job))
        if len(filling[lane]) == size:
            yield Chunk(lane, tuple(filling.pop(lane)))
        oldest = next(iter(filling), lane)
        if oldest in filling and number - filling[oldest][0][0] >= 2 * lanes * size:
            yield Chunk(oldest, tuple(filling.pop(oldest)))
    for lane, rest in filling.items():
        yield Chunk(lane, tuple(rest))
