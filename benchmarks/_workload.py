"""What is run: questions on pictures with five candidate programs each, and the tools that see for them.

opencv:   the shipped record of a real model's programs on easy scenes, where every candidate to a question
          has a loop and calls tools at least six times (few do, so there are many pictures)
detector: template programs (`benchmarks._templates`) on photographs and full scenes
server:   template programs on full scenes, answered from ground truth by a simulated model server
"""

import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from benchmarks._model_server import simulated
from benchmarks._pictures import photographs, scenes
from benchmarks._sequential import run_sequentially
from benchmarks._templates import TEMPLATES
from vpd.datasets.scenes.questions import ask, bank
from vpd.datasets.scenes.world import EASY, FULL, Scene
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.sampling.prompt import Asked
from vpd.sampling.record import DEMO_RECORD, Record, load_record
from vpd.sampling.request import SamplingConfig, build_request
from vpd.settings import load_settings
from vpd.tools.coco import NAMES
from vpd.tools.opencv.observer import PixelObserver
from vpd.tools.oracle import oracle_toolset
from vpd.tools.photos.methods import photo_tools
from vpd.tools.photos.models import open_eyes
from vpd.tools.photos.seeing import remembering
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.scene_methods import scene_tools
from vpd.tools.toolset import SCENES

LEAST_CALLS = 6
PER_SCENE, PER_PHOTOGRAPH = 4, 12  # questions
TOPIC = 8  # how often the topic of a photograph is in the lot, beside 12 other nouns


@dataclass(frozen=True)
class Workload:
    """Questions with their candidates, and where to get fresh tools.

    questions: the jobs of each question's candidates
    tools:     makes fresh tools, for the engine and for the floor
    unaided:   makes fresh tools for the baseline: the same answers, nothing kept between calls
    sample:    programs that the baseline runs at a time
    look:      the work that a picture takes once, whatever is asked, where that can be done apart
    """

    questions: Sequence[Sequence[Job]]
    tools: Callable[[], ToolSet]
    unaided: Callable[[], ToolSet]
    sample: int
    look: Callable[[Picture], object] | None = None


def opencv_workload(questions: int) -> Workload:
    """Return the record's programs on easy scenes."""
    chosen: list[list[Job]] = []
    for scene, picture in scenes(EASY):
        chosen += _laborious(scene, picture, len(chosen))
        if len(chosen) >= questions:
            break
    return Workload(chosen[:questions], SCENES.open, _unaided_scenes, 250, PixelObserver().look)


def detector_workload(questions: int) -> Workload:
    """Return template programs on photographs and full scenes. Raises ModelFileError without the model."""
    folder = load_settings().model_dir
    open_eyes(folder)  # what is missing is said before anything is measured
    cores = len(os.sched_getaffinity(0))
    lots = random.Random(0)
    chosen: list[list[Job]] = []
    for topic, picture in photographs():
        nouns = [topic] * TOPIC + lots.sample(NAMES, 20 - TOPIC)
        chosen += _templated(picture, nouns, PER_PHOTOGRAPH, len(chosen), lots)
    for _, picture in scenes(FULL):
        if len(chosen) >= questions:
            break
        chosen += _templated(picture, NAMES, PER_SCENE, len(chosen), lots)
    return Workload(
        chosen[:questions],
        lambda: ToolSet("photos", photo_tools(remembering(open_eyes(folder)))),
        lambda: ToolSet("photos", photo_tools(open_eyes(folder, threads=cores), threads=1)),
        sample=50,
    )


def server_workload(questions: int) -> Workload:
    """Return template programs on full scenes behind a simulated model server."""
    lots = random.Random(0)
    chosen: list[list[Job]] = []
    truth: dict[str, Scene] = {}
    others = [*FULL.shapes, *(f"{color} {shape}" for color in FULL.colors for shape in FULL.shapes)]
    for scene, picture in scenes(FULL):
        if len(chosen) >= questions:
            break
        truth[picture.image_id] = scene
        nouns = [f"{o.color} {o.shape}" for o in scene.objects] + lots.sample(others, 2)
        chosen += _templated(picture, nouns, PER_SCENE, len(chosen), lots)

    def served() -> ToolSet:
        return simulated(oracle_toolset(truth))

    return Workload(chosen[:questions], served, served, sample=50)


def _unaided_scenes() -> ToolSet:
    return ToolSet("scenes", scene_tools(PixelObserver()), full_batch=1)


def _laborious(scene: Scene, picture: Picture, number: int) -> Iterator[list[Job]]:
    """Yield the jobs of every question to a scene whose candidates all make many calls."""
    tools = SCENES.open()
    for asked in ask(scene, EASY, len(bank(EASY)), seed=0):
        jobs = _jobs(recorded(asked.text), picture, number)
        if not jobs or not all("for " in job.source for job in jobs):
            continue
        if all(run_sequentially([job], tools)[0].calls >= LEAST_CALLS for job in jobs):
            yield jobs
            number += 1


@cache
def _record() -> Record:
    return load_record(DEMO_RECORD)


@cache
def recorded(text: str) -> tuple[str, ...]:
    """Return the recorded candidates to a question, or nothing unless all of them are programs."""
    config = SamplingConfig()
    key = build_request(config, config.writers[0], Asked(text)).key
    answers = [_record().get(key, sample) for sample in range(config.candidates)]
    programs = [canonical(answer.text) for answer in answers if answer is not None and answer.text]
    sources = tuple(program.source for program in programs if isinstance(program, Program))
    return sources if len(sources) == config.candidates else ()


def _templated(
    picture: Picture, nouns: Sequence[str], count: int, number: int, lots: random.Random
) -> Iterator[list[Job]]:
    for place in range(count):
        template = TEMPLATES[(number + place) % len(TEMPLATES)]
        a, b = lots.choice(nouns), lots.choice(nouns)
        yield _jobs(template.candidates(a, b), picture, number + place)


def _jobs(sources: Sequence[str], picture: Picture, number: int) -> list[Job]:
    return [Job(source, picture, (number, candidate)) for candidate, source in enumerate(sources)]
