import itertools

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vpd.execution.cluster.chunks import Chunk, chunks_of
from vpd.execution.run import Job
from vpd.tools.protocol import Picture

PIXELS = np.zeros((1, 1, 3), np.uint8)


def jobs_of(counts: list[int]) -> list[Job]:
    """Return so many jobs for each of some pictures, in turn."""
    pictures = [Picture(str(number), PIXELS) for number in range(len(counts))]
    return [Job("", picture) for picture, count in zip(pictures, counts, strict=True) for _ in range(count)]


@given(st.lists(st.integers(1, 20)), st.integers(1, 8))
def test_chunks_hold_every_job_once_in_order(counts: list[int], size: int) -> None:
    jobs = jobs_of(counts)
    chunks = list(chunks_of(jobs, size))
    assert [pair for chunk in chunks for pair in chunk.jobs] == list(enumerate(jobs))
    assert all(size <= len(chunk.jobs) <= 2 * size for chunk in chunks[:-1])


@given(st.lists(st.integers(1, 5), min_size=1), st.integers(5, 9))
def test_chunks_keep_the_programs_of_a_picture_together(counts: list[int], size: int) -> None:
    of_chunk = [{job.picture.image_id for _, job in c.jobs} for c in chunks_of(jobs_of(counts), size)]
    assert all(not a & b for a, b in itertools.pairwise(of_chunk))


@given(st.integers(1, 40), st.data())
def test_chunk_whose_worker_always_dies_comes_down_to_the_program_that_kills_it(
    size: int, data: st.DataObject
) -> None:
    fatal = data.draw(st.integers(0, size - 1))
    [chunk] = chunks_of(jobs_of([size]), size)
    waiting, done, deaths = [chunk], [], 0
    alone: list[Chunk] = []
    while waiting:
        chunk = waiting.pop(0)
        numbers = [number for number, _ in chunk.jobs]
        if fatal not in numbers:
            done += numbers
            continue
        deaths += 1
        again = chunk.after_death()
        waiting.extend(again)
        alone += [] if again else [chunk]
    assert [[number for number, _ in c.jobs] for c in alone] == [[fatal]]
    assert sorted(done) == [number for number in range(size) if number != fatal]
    assert deaths <= 3 + size.bit_length()
