"""What students learn from in the benchmarks: easy scenes, questions, and rationales of recorded programs.

As the demo's examples, except that nothing is probed: a question has the rationale of the first of its
recorded programs that gives its label.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

import cv2

from benchmarks._pictures import scenes
from benchmarks._workload import recorded
from vpd.datasets.scenes.questions import AskedQuestion, ask
from vpd.datasets.scenes.world import EASY
from vpd.execution.engine import open_engine
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.rationale.prompts import Mode, prompt_for
from vpd.rationale.render import render
from vpd.records import EXAMPLES, Example
from vpd.scoring.score import is_right
from vpd.store import ArtifactStore
from vpd.tools.protocol import Picture
from vpd.tools.toolset import SCENES

PER_PICTURE = 7  # questions, as in the demo
PER_SHARD = 96  # pictures, about as in the demo


@dataclass(frozen=True, eq=False)
class Lesson:
    """A question about a picture with the programs that are recorded for its text, or none."""

    question_id: str
    picture: Picture
    asked: AskedQuestion
    programs: tuple[str, ...]


def lessons(pictures: int) -> list[Lesson]:
    """Return the questions about so many pictures, always the same."""
    found = []
    for scene, picture in islice(scenes(EASY), pictures):
        for place, asked in enumerate(ask(scene, EASY, PER_PICTURE, seed=0)):
            found.append(Lesson(f"{scene.seed}-{place}", picture, asked, recorded(asked.text)))
    return found


def write_lessons(store: ArtifactStore, pictures: int) -> tuple[str, ...]:
    """Write the examples of so many pictures into a store and return their shards."""
    taught = lessons(pictures)
    rationales = _rationales(taught)
    places = {lesson.picture.image_id: None for lesson in taught}
    shard_of = {image_id: f"lessons-{n // PER_SHARD:03d}" for n, image_id in enumerate(places)}
    rows: dict[str, list[Example]] = {shard: [] for shard in shard_of.values()}
    for lesson in taught:
        image_id = store.put_blob(_png(lesson.picture))
        told = rationales.get(lesson.question_id)
        rows[shard_of[lesson.picture.image_id]] += _examples(lesson, image_id, told)
    for shard, examples in rows.items():
        store.write_shard(EXAMPLES, shard, EXAMPLES.frame(examples), "lessons")
    return tuple(rows)


def _rationales(taught: Sequence[Lesson]) -> dict[str, str]:
    """Run the programs and return what the first right one of each question tells."""
    jobs = [Job(source, lesson.picture, lesson) for lesson in taught for source in lesson.programs]
    told: dict[str, str] = {}
    with open_engine(SCENES.open()) as engine:
        for job, run in engine.run(jobs):
            lesson: Lesson = job.tag
            if run.answer is not None and is_right(run.answer, (lesson.asked.answer,)):
                told.setdefault(lesson.question_id, _told(job, run))
    return told


def _told(job: Job, run: Run) -> str:
    width, height = job.picture.width, job.picture.height
    return render(job.source, run.events, run.answer or "", width, height, seed=job.tag.question_id)


def _png(picture: Picture) -> bytes:
    return cv2.imencode(".png", cv2.cvtColor(picture.pixels, cv2.COLOR_RGB2BGR))[1].tobytes()


def _examples(lesson: Lesson, image_id: str, rationale: str | None) -> Iterator[Example]:
    targets: dict[Mode, str] = {"answer": lesson.asked.answer}
    if rationale is not None:
        targets["rationale"] = rationale
    for mode, target in targets.items():
        yield Example(
            example_id=f"{lesson.question_id}-{mode}",
            question_id=lesson.question_id,
            image_id=image_id,
            split="train",
            family=lesson.asked.family,
            held_out_text=False,
            mode=mode,
            prompt=prompt_for(lesson.asked.text, mode),
            target=target,
            answer=lesson.asked.answer,
            verdict_id=None,
            trace_id=None,
            renderer="",
        )
