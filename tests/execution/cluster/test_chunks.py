from collections.abc import Iterator
from random import Random

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


@given(st.lists(st.integers(1, 20)), st.integers(1, 8), st.integers(1, 4), st.randoms())
def test_chunks_hold_every_job_once_and_none_back_for_long(
    counts: list[int], size: int, lanes: int, random: Random
) -> None:
    jobs, taken = jobs_of(counts), 0
    random.shuffle(jobs)

    def counted() -> Iterator[Job]:
        nonlocal taken
        for job in jobs:
            taken += 1
            yield job

    found = []
    for chunk in chunks_of(counted(), size, lanes):
        assert 1 <= len(chunk.jobs) <= size
        assert taken - chunk.jobs[0][0] <= 2 * lanes * size + 1
        assert list(chunk.jobs) == sorted(chunk.jobs, key=lambda pair: pair[0])
        found += chunk.jobs
    assert sorted(found, key=lambda pair: pair[0]) == list(enumerate(jobs))


@given(st.lists(st.integers(1, 20)), st.integers(1, 8), st.integers(1, 4), st.randoms())
def test_chunks_of_one_picture_share_a_lane(counts: list[int], size: int, lanes: int, random: Random) -> None:
    jobs = jobs_of(counts)
    random.shuffle(jobs)
    lane_of: dict[str, int] = {}
    for chunk in chunks_of(jobs, size, lanes):
        for _, job in chunk.jobs:
            assert lane_of.setdefault(job.picture.image_id, chunk.lane) == chunk.lane < lanes


@given(st.integers(1, 40), st.data())
def test_chunk_whose_worker_always_dies_comes_down_to_the_program_that_kills_it(
    size: int, data: st.DataObject
) -> None:
    fatal = data.draw(st.integers(0, size - 1))
    [chunk] = chunks_of(jobs_of([size]), size, 1)
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
