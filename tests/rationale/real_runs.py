"""Real runs to hold rationales against: programs of the worked examples and of the recorded answers, run by
the real engine with tools that know the truth and with the tools that see pixels.
"""

import hashlib
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from vpd.datasets.everyday.tools import blank_picture, everyday_toolset
from vpd.datasets.everyday.world import generate_scene as generate_everyday
from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import EASY, FULL, Level, Scene
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import TraceEvent, events_from_json, events_to_json
from vpd.sampling.record import DEMO_RECORD, load_record
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.toolset import open_toolset

MORE = """\
things = image_patch.find("object")
return str(len([t for t in things if t.verify_property("object", "red")]))
---
count = 0
for cube in image_patch.find("cube"):
    if cube.verify_property("cube", "large") and cube.verify_property("cube", "metal"):
        count += 1
return str(count)
---
return bool_to_yesno(all(s.verify_property("sphere", "small") for s in image_patch.find("sphere")))
---
return bool_to_yesno(any(s.verify_property("object", "blue") for s in image_patch.find("object")))
---
red = [t for t in image_patch.find("object") if t.verify_property("object", "red")]
large = [t for t in image_patch.find("object") if t.verify_property("object", "large")]
return bool_to_yesno(len(red) > len(large))
---
return str(len(image_patch.find("cube")) + len(image_patch.find("sphere")))
---
things = image_patch.find("object")
small = image_patch.find("small object")
return str(len(things) - len(small))
---
things = image_patch.find("object")
things.sort(key=lambda t: t.horizontal_center)
return things[-1].simple_query("What color is it?")
---
nearest = min(image_patch.find("object"), key=lambda t: t.compute_depth())
return nearest.simple_query("What shape is it?")
---
low = max(image_patch.find("object"), key=lambda t: t.vertical_center)
return low.best_text_match(["cube", "sphere", "cylinder", "cone"])
---
one, other = image_patch.find("object")[:2]
return bool_to_yesno(one.simple_query("What color is it?") == other.simple_query("What color is it?"))
---
colors = set()
for thing in image_patch.find("object"):
    colors.add(thing.simple_query("What color is it?"))
return str(len(colors))
---
return ", ".join(t.simple_query("What color is it?") for t in image_patch.find("object"))
---
anchor = image_patch.find("object")[0]
behind = [t for t in image_patch.find("object") if t.compute_depth() > anchor.compute_depth()]
return str(len(behind))
---
things = image_patch.find("object")
left = [t for t in things if t.horizontal_center < image_patch.horizontal_center]
return str(len(left))
---
things = image_patch.find("object")
return bool_to_yesno(things[0].overlaps_with(things[1]))
---
things = image_patch.find("object")
half = image_patch.crop(0, 0, things[1].left, image_patch.height)
return str(len(half.find("object")))
"""
"""Programs of shapes that the examples and the record have few of."""
PICTURES = 10  # generated for each level


@dataclass(frozen=True)
class RealRun:
    """A program's run that gave an answer, on a picture of this size in pixels."""

    source: str
    events: tuple[TraceEvent, ...]
    answer: str
    width: int
    height: int


def real_runs() -> list[RealRun]:
    """Return the runs, each of another program or with other results."""
    full, easy = _Pictures(FULL), _Pictures(EASY)
    worked = [example.program for example in SCENE_EXAMPLES]
    more = [f"image_patch = ImagePatch(image)\n{body}" for body in MORE.split("---\n")]
    recorded = recorded_programs()
    runs = [
        *_run(full.oracle, full.jobs(worked, each=3)),
        *_run(full.oracle, full.jobs(more, each=5)),
        *_worked_photos(),
        *_run(easy.oracle, easy.jobs(recorded, each=1)),
        *_run(open_toolset("scenes"), easy.jobs(recorded[::3], each=1)),
    ]
    return list({(run.source, run.events): run for run in runs}.values())


def recorded_programs() -> list[str]:
    """Return the different programs of the demo's record, in canonical form."""
    texts = (a.text for a in load_record(DEMO_RECORD).answers.values() if a.text is not None)
    programs = (canonical(text) for text in texts)
    return sorted({program.source for program in programs if isinstance(program, Program)})


class _Pictures:
    """Generated pictures of a level, and tools that know what is in them."""

    def __init__(self, level: Level) -> None:
        self._pictures: list[Picture] = []
        scenes: dict[str, Scene] = {}
        for seed in range(PICTURES):
            scene, png = generate_scene(level, seed)
            bgr = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
            assert bgr is not None
            picture = Picture(
                hashlib.sha256(png).hexdigest(), np.ascontiguousarray(bgr[:, :, ::-1], np.uint8)
            )
            self._pictures.append(picture)
            scenes[picture.image_id] = scene
        self.oracle = oracle_toolset(scenes)

    def jobs(self, sources: Sequence[str], each: int) -> list[Job]:
        """Return every program on some pictures, not all on the same."""
        count = len(self._pictures)
        return [
            Job(source, self._pictures[(number * 5 + turn) % count])
            for number, source in enumerate(sources)
            for turn in range(each)
        ]


def _worked_photos() -> Iterator[RealRun]:
    scenes = {str(seed): generate_everyday(str(seed)) for seed in range(40)}
    rng = random.Random(5)
    chosen = [(e.program, seed) for e in PHOTO_EXAMPLES for seed in rng.sample(sorted(scenes), 6)]
    return _run(everyday_toolset(scenes), [Job(source, blank_picture(seed)) for source, seed in chosen])


def _run(tools: ToolSet, jobs: Sequence[Job]) -> Iterator[RealRun]:
    with open_engine(tools, EngineSettings(in_flight=8)) as engine:
        for job, run in engine.run(jobs):
            program = canonical(job.source)
            if run.answer is not None and isinstance(program, Program):
                events = events_from_json(events_to_json(run.events))
                yield RealRun(program.source, events, run.answer, job.picture.width, job.picture.height)
