"""Jobs in chunks, the unit that a worker is sent, and what becomes of a chunk whose worker died."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from vpd.execution.run import Job


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some jobs with their numbers, and how many workers died while they ran these."""

    jobs: tuple[tuple[int, Job], ...]
    deaths: int = 0

    def after_death(self) -> tuple["Chunk", ...]:
        """Return what to run next: the same chunk once more, then its halves; nothing for a lone job.

        So a program that kills its worker is found in a few steps, and ends alone.
        """
        if self.deaths == 0:
            return (Chunk(self.jobs, 1),)
        if len(self.jobs) == 1:
            return ()
        middle = len(self.jobs) // 2
        return Chunk(self.jobs[:middle], 1), Chunk(self.jobs[middle:], 1)


def chunks_of(jobs: Iterable[Job], size: int) -> Iterator[Chunk]:
    """Cut jobs into chunks, between pictures if there is such a place before twice the size.

    A picture's programs make mostly the same tool calls, and a worker's tool cache is its own.
    """
    taken: list[tuple[int, Job]] = []
    for number, job in enumerate(jobs):
        other_picture = bool(taken) and taken[-1][1].picture.image_id != job.picture.image_id
        if len(taken) >= (size if other_picture else 2 * size):
            yield Chunk(tuple(taken))
            taken = []
        taken.append((number, job))
    if taken:
        yield Chunk(tuple(taken))
