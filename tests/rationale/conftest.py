"""Real runs for the tests of rationales: programs of many shapes on one scene, with oracle tools.

The scene in pixels of a 100 x 100 picture, so that a box times ten is its place on the grid:
a large red cube (left, nearest but one), a small blue cube (middle, nearest), a small green sphere (right),
and a large red cylinder (middle, farthest).
"""

import io
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as PillowImage

from tests.tools.examples.scene_meanings import SCENE_MEANINGS
from vpd.datasets.scenes.counterfactual import counterfactual_scenes
from vpd.datasets.scenes.world import FULL, Scene, SceneObject
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import TraceEvent, events_from_json, events_to_json
from vpd.geometry import Box
from vpd.rationale.render import render
from vpd.records import IMAGES, PROBES, PROGRAMS, QUESTIONS, TRACES, Candidate, Image, Question, Table, Trace
from vpd.store import ArtifactStore
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture
from vpd.verification.stage import verify_programs

SIZE = 100


def _object(shape: str, color: str, size: str, depth: float, *box: float) -> SceneObject:
    return SceneObject(shape, color, size, "metal", 0.0, depth, depth, Box(*box), 1.0)


MAIN = (
    _object("cube", "red", "large", 3.0, 10, 40, 30, 60),
    _object("cube", "blue", "small", 2.0, 50, 60, 62, 72),
    _object("sphere", "green", "small", 4.0, 70, 30, 82, 42),
    _object("cylinder", "red", "large", 5.0, 40, 10, 58, 34),
)


@dataclass(frozen=True)
class Told:
    """A program's run and the rationale of it."""

    source: str
    events: tuple[TraceEvent, ...]
    answer: str
    text: str


Tell = Callable[[str], Told]


def _program(body: str) -> str:
    lines = ["image_patch = ImagePatch(image)", *body.strip("\n").split("\n")]
    return "def execute_command(image):\n" + "\n".join(f"    {line}" for line in lines)


def _tell_all(programs: Mapping[str, tuple[str, tuple[SceneObject, ...]]]) -> dict[str, Told]:
    """Run programs, each on a scene of some objects, and render what they did."""
    scenes = {str(id(o)): Scene("full", 0, SIZE, SIZE, o) for _, o in programs.values()}
    pixels = np.zeros((SIZE, SIZE, 3), np.uint8)
    jobs = [Job(source, Picture(str(id(o)), pixels), name) for name, (source, o) in programs.items()]
    told = {}
    with open_engine(oracle_toolset(scenes), EngineSettings(in_flight=8)) as engine:
        for job, run in engine.run(jobs):
            program = canonical(job.source)
            assert isinstance(program, Program)
            assert run.outcome == "answered", f"{job.tag}: {run.outcome} {run.message}\n{job.source}"
            assert run.answer is not None
            events = events_from_json(events_to_json(run.events))
            text = render(program.source, events, run.answer, SIZE, SIZE)
            told[job.tag] = Told(program.source, events, run.answer, text)
    return told


# name: (body after `image_patch = ImagePatch(image)`, answer, what the rationale must say)
SHAPES: dict[str, tuple[str, str, tuple[str, ...]]] = {
    "count": (
        'return str(len(image_patch.find("cube")))',
        "2",
        ("2 cubes", "[100 400 300 600]", "[500 600 620 720]"),
    ),
    "count plural name": (
        'return str(len(image_patch.find("the red cubes")))',
        "1",
        ("a red cube", "[100 400 300 600]"),
    ),
    "count none": ('return str(len(image_patch.find("yellow cube")))', "0", ("no yellow cube",)),
    "count by loop": (
        """
count = 0
for cube in image_patch.find("cube"):
    if cube.verify_property("cube", "red"):
        count += 1
return str(count)""",
        "1",
        ("2 cubes", "the cube at [100 400 300 600] is red"),
    ),
    "count by comprehension": (
        """
objs = image_patch.find("object")
red = [o for o in objs if o.verify_property("object", "red")]
return str(len(red))""",
        "2",
        ("the objects at [100 400 300 600] and [400 100 580 340] are red",),
    ),
    "count by append of two properties": (
        """
kept = []
for c in image_patch.find("cube"):
    if c.verify_property("cube", "large") and c.verify_property("cube", "red"):
        kept.append(c)
return str(len(kept))""",
        "1",
        ("the cube at [100 400 300 600] is large", "the cube at [100 400 300 600] is red"),
    ),
    "count none by property": (
        """
cubes = image_patch.find("cube")
return str(len([c for c in cubes if c.verify_property("cube", "green")]))""",
        "0",
        ("none of the 2 cubes is green",),
    ),
    "count by helper": (
        """
def is_red(p):
    return p.verify_property("object", "red")
return str(len([p for p in image_patch.find("object") if is_red(p)]))""",
        "2",
        ("are red",),
    ),
    "count sum": (
        """
a = image_patch.find("cube")
b = image_patch.find("sphere")
return str(len(a) + len(b))""",
        "3",
        ("2 plus 1 is 3",),
    ),
    "exists": ('return bool_to_yesno(image_patch.exists("red cube"))', "yes", ("there is a red cube",)),
    "exists not": ('return bool_to_yesno(image_patch.exists("red cone"))', "no", ("there is no red cone",)),
    "exists by length": (
        """
spheres = image_patch.find("sphere")
return "yes" if len(spheres) > 0 else "no\"""",
        "yes",
        ("a sphere at [700 300 820 420]",),
    ),
    "exists by early return": (
        """
cubes = image_patch.find("yellow cube")
if len(cubes) == 0:
    return "no"
return "yes\"""",
        "no",
        ("no yellow cube",),
    ),
    "exists by any": (
        'return bool_to_yesno(any(p.verify_property("sphere", "green") for p in image_patch.find("sphere")))',
        "yes",
        ("the sphere is green",),
    ),
    "property of all": (
        'return bool_to_yesno(all(p.verify_property("cube", "red") for p in image_patch.find("cube")))',
        "no",
        ("the cube at [500 600 620 720] is not red",),
    ),
    "property of the picture": (
        'return bool_to_yesno(image_patch.verify_property("sphere", "green"))',
        "yes",
        ("in the picture, the sphere is green",),
    ),
    "attribute": (
        'return image_patch.find("sphere")[0].simple_query("What color is the sphere?")',
        "green",
        ("the color of the sphere is green",),
    ),
    "attribute by match": (
        """
red = image_patch.find("large object")
return red[1].best_text_match(["cube", "cylinder"])""",
        "cylinder",
        ("the best match for the large object at [400 100 580 340] is cylinder",),
    ),
    "attribute after a test of shape": (
        """
for obj in image_patch.find("large object"):
    if obj.verify_property("object", "cylinder"):
        return obj.simple_query("What color is it?")
return "none\"""",
        "red",
        ("is a cylinder", "the color of the large object at [400 100 580 340] is red"),
    ),
    "attribute of each": (
        """
colors = []
for p in image_patch.find("cube"):
    colors.append(p.simple_query("What color is this?"))
return ", ".join(colors)""",
        "red, blue",
        ("the color of the cube at [500 600 620 720] is blue",),
    ),
    "attribute shared": (
        """
reds = 0
for p in image_patch.find("object"):
    if p.simple_query("What color is it?") == "red":
        reds += 1
return str(reds)""",
        "2",
        ("the color of the objects at [100 400 300 600] and [400 100 580 340] is red",),
    ),
    "compare counts": (
        """
cubes = image_patch.find("cube")
spheres = image_patch.find("sphere")
return bool_to_yesno(len(cubes) > len(spheres))""",
        "yes",
        ("there are more cubes than spheres",),
    ),
    "compare counts by variables": (
        """
cube_count = len(image_patch.find("cone"))
cylinder_count = len(image_patch.find("cylinder"))
if cube_count < cylinder_count:
    return "yes"
else:
    return "no\"""",
        "yes",
        ("there are fewer cones than cylinders",),
    ),
    "compare counts of filtered lists": (
        """
red = len([p for p in image_patch.find("object") if p.verify_property("object", "red")])
blue = len([p for p in image_patch.find("object") if p.verify_property("object", "blue")])
return bool_to_yesno(red == blue)""",
        "no",
        ("2 is more than 1",),
    ),
    "compare counts in a loop": (
        """
red, blue = 0, 0
for p in image_patch.find("object"):
    c = p.simple_query("What color is it?")
    if c == "red":
        red += 1
    elif c == "blue":
        blue += 1
return "yes" if red > blue else "no\"""",
        "yes",
        ("2 is more than 1",),
    ),
    "left of": (
        """
cylinder = image_patch.find("cylinder")[0]
sphere = image_patch.find("sphere")[0]
return bool_to_yesno(cylinder.horizontal_center < sphere.horizontal_center)""",
        "yes",
        ("the cylinder is left of the sphere",),
    ),
    "left of the same kind": (
        """
a = image_patch.find("cube")[0]
b = image_patch.find("cube")[1]
if a.horizontal_center > b.horizontal_center:
    return "right"
return "left\"""",
        "left",
        ("the cube at [100 400 300 600] is left of the cube at [500 600 620 720]",),
    ),
    "above": (
        """
a, b = image_patch.find("sphere"), image_patch.find("blue cube")
return bool_to_yesno(a[0].vertical_center < b[0].vertical_center)""",
        "yes",
        ("the sphere is above the blue cube",),
    ),
    "behind": (
        """
a = image_patch.find("red cube")
b = image_patch.find("sphere")
if not a or not b:
    return "no"
is_behind = a[0].compute_depth() > b[0].compute_depth()
return bool_to_yesno(is_behind)""",
        "no",
        ("the red cube is in front of the sphere",),
    ),
    "edges and depth": (
        """
a = image_patch.find("red cube")[0]
b = image_patch.find("sphere")[0]
return bool_to_yesno(a.right < b.left and a.compute_depth() < b.compute_depth())""",
        "yes",
        ("the red cube is left of the sphere", "the red cube is in front of the sphere"),
    ),
    "overlap": (
        """
a = image_patch.find("red cube")[0]
b = image_patch.find("blue cube")[0]
return bool_to_yesno(a.overlaps_with(b))""",
        "no",
        ("the red cube does not overlap the blue cube",),
    ),
    "count in relation, loop": (
        """
anchor = image_patch.find("sphere")[0]
n = 0
for o in image_patch.find("object"):
    if o.compute_depth() < anchor.compute_depth():
        n += 1
return str(n)""",
        "2",
        ("the objects at [100 400 300 600] and [500 600 620 720] are in front of the sphere",),
    ),
    "count in relation, comprehension": (
        """
anchor = image_patch.find("green object")[0]
left = [o for o in image_patch.find("object") if o.horizontal_center < anchor.horizontal_center]
return str(len(left))""",
        "3",
        ("are left of the green object",),
    ),
    "count in relation, none": (
        """
anchor = image_patch.find("sphere")[0]
right = [c for c in image_patch.find("cube") if c.horizontal_center > anchor.horizontal_center]
return str(len(right))""",
        "0",
        ("none of the 2 cubes is right of the sphere",),
    ),
    "count in relation, by index": (
        """
objs = image_patch.find("object")
anchor = image_patch.find("blue cube")[0]
behind = 0
for i in range(len(objs)):
    if anchor.compute_depth() < objs[i].compute_depth():
        behind += 1
return str(behind)""",
        "3",
        ("are behind the blue cube",),
    ),
    "attribute in relation": (
        """
anchor = image_patch.find("red cylinder")[0]
for o in image_patch.find("cube"):
    if o.horizontal_center > anchor.horizontal_center:
        return o.simple_query("What color is it?")
return "none\"""",
        "blue",
        (
            "the cube at [500 600 620 720] is right of the red cylinder",
            "the color of the cube at [500 600 620 720]",
        ),
    ),
    "nearest": (
        """
nearest = min(image_patch.find("object"), key=lambda p: p.compute_depth())
return nearest.best_text_match(["cube", "sphere", "cylinder"])""",
        "cube",
        ("the object at [500 600 620 720] is the nearest of the 4 objects",),
    ),
    "leftmost by sort": (
        """
objs = image_patch.find("object")
objs.sort(key=lambda p: p.horizontal_center)
return objs[0].simple_query("What color is it?")""",
        "red",
        ("the object at [100 400 300 600] is the leftmost of the 4 objects",),
    ),
    "farthest by sorted": (
        """
ordered = sorted(image_patch.find("cube"), key=lambda p: p.compute_depth(), reverse=True)
return ordered[0].simple_query("What size is it?")""",
        "large",
        ("the cube at [100 400 300 600] is the farthest of the 2 cubes",),
    ),
    "lowest by max": (
        """
low = max(image_patch.find("cube"), key=lambda c: c.vertical_center)
return low.simple_query("What color is it?")""",
        "blue",
        ("the cube at [500 600 620 720] is the lowest of the 2 cubes",),
    ),
    "and": (
        'return bool_to_yesno(image_patch.exists("red cube") and image_patch.exists("green cube"))',
        "no",
        ("there is a red cube", "there is no green cube"),
    ),
    "or": (
        """
has_a = len(image_patch.find("red cube")) > 0
has_b = len(image_patch.find("yellow sphere")) > 0
return bool_to_yesno(has_a or has_b)""",
        "yes",
        ("a red cube", "no yellow sphere"),
    ),
    "crop": (
        """
cube = image_patch.find("blue cube")[0]
left = image_patch.crop(0, 0, cube.left, image_patch.height)
return str(len(left.find("object")))""",
        "2",
        ("in [0 0 500 1000], i find 2 objects",),
    ),
    "question about the picture": (
        'return image_patch.simple_query("How many cubes are there?")',
        "2",
        ('for the picture, the answer to "how many cubes are there?" is 2',),
    ),
    "unused call": (
        """
unused = image_patch.find("sphere")
return str(len(image_patch.find("cylinder")))""",
        "1",
        ("a cylinder",),
    ),
    "while": (
        """
cubes = image_patch.find("cube")
i = 0
while i < len(cubes):
    if cubes[i].verify_property("cube", "blue"):
        return cubes[i].simple_query("what is the size of the cube")
    i += 1
return "none\"""",
        "small",
        ("the cube at [500 600 620 720] is blue", "the size of the cube at [500 600 620 720] is small"),
    ),
    "different replies": (
        """
colors = set()
for p in image_patch.find("object"):
    colors.add(p.simple_query("What color is it?"))
return str(len(colors))""",
        "3",
        ("there are 3 different colors: red, blue and green",),
    ),
    "different replies of a comprehension": (
        'return str(len({p.simple_query("What shape is it?") for p in image_patch.find("red object")}))',
        "2",
        ("there are 2 different shapes: cube and cylinder",),
    ),
    "most frequent of a list": (
        """
colors = [p.simple_query("What color is it?") for p in image_patch.find("object")]
return max(set(colors), key=colors.count)""",
        "red",
        ("the most frequent color is red, with 2 of 4",),
    ),
    "most frequent of a dict": (
        """
counts = {}
for p in image_patch.find("object"):
    color = p.simple_query("What color is it?")
    counts[color] = counts.get(color, 0) + 1
return max(counts, key=counts.get)""",
        "red",
        ("the most frequent color is red, with 2 of 4",),
    ),
    "same color": (
        """
first = image_patch.find("red cube")[0].simple_query("What color is it?")
second = image_patch.find("cylinder")[0].simple_query("What color is it?")
return bool_to_yesno(first == second)""",
        "yes",
        ("the red cube and the cylinder have the same color",),
    ),
    "other shape": (
        """
a = image_patch.find("sphere")[0]
b = image_patch.find("cylinder")[0]
if a.simple_query("What shape is it?") != b.simple_query("What shape is it?"):
    return "no"
return "yes\"""",
        "no",
        ("the sphere and the cylinder have different shapes",),
    ),
    "another one of the same color": (
        """
color = image_patch.find("cylinder")[0].simple_query("What color is it?")
same = image_patch.find(f"{color} object")
return bool_to_yesno(len(same) > 1)""",
        "yes",
        ("2 red objects at [100 400 300 600] and [400 100 580 340]",),
    ),
    "flag": (
        """
found = False
for p in image_patch.find("object"):
    if p.verify_property("object", "green"):
        found = True
return "yes" if found else "no\"""",
        "yes",
        ("the object at [700 300 820 420] is green",),
    ),
    "filter by helper of two arguments": (
        """
def is_left(p, q):
    return p.horizontal_center < q.horizontal_center
anchor = image_patch.find("sphere")[0]
return str(len([c for c in image_patch.find("cube") if is_left(c, anchor)]))""",
        "2",
        ("all 2 cubes are left of the sphere",),
    ),
    "filter by lambda": (
        """
near = lambda p: p.compute_depth() < 3.5
depth = lambda p: p.compute_depth()
last = max(image_patch.find("object"), key=depth)
return last.simple_query("What shape is it?") if not near(last) else "none\"""",
        "cylinder",
        ("the object at [400 100 580 340] is the farthest of the 4 objects",),
    ),
    "count of some": (
        """
anchor = image_patch.find("blue cube")[0]
above = [o for o in image_patch.find("object") if o.vertical_center < anchor.vertical_center]
return str(len(above))""",
        "3",
        ("3 of the 4 objects are above the blue cube",),
    ),
    "between": (
        """
cube = image_patch.find("blue cube")[0]
a, b = image_patch.find("red cube")[0], image_patch.find("sphere")[0]
left = min(a.horizontal_center, b.horizontal_center)
right = max(a.horizontal_center, b.horizontal_center)
return bool_to_yesno(left < cube.horizontal_center < right)""",
        "yes",
        ("the red cube is left of the blue cube", "the blue cube is left of the sphere"),
    ),
    "half of the picture": (
        """
left = [o for o in image_patch.find("object") if o.horizontal_center < image_patch.width / 2]
return str(len(left))""",
        "2",
        (
            "[100 400 300 600] and [400 100 580 340] are in the left half",
            "2 of the 4 objects are in the left half",
        ),
    ),
    "bigger": (
        """
a = image_patch.find("sphere")[0]
b = image_patch.find("cylinder")[0]
return "sphere" if a.width * a.height > b.width * b.height else "cylinder\"""",
        "cylinder",
        ("the sphere is smaller than the cylinder",),
    ),
    "tallest": (
        """
tallest = max(image_patch.find("object"), key=lambda o: o.height)
return tallest.simple_query("What shape is it?")""",
        "cylinder",
        ("the object at [400 100 580 340] is the tallest of the 4 objects",),
    ),
    "nearest to": (
        """
anchor = image_patch.find("sphere")[0]
near = min(image_patch.find("cube"), key=lambda c: abs(c.horizontal_center - anchor.horizontal_center))
return near.simple_query("What color is it?")""",
        "blue",
        ("horizontally, the cube at [500 600 620 720] is the nearest to the sphere of the 2 cubes",),
    ),
    "nearer": (
        """
anchor = image_patch.find("sphere")[0]
a = image_patch.find("red cube")[0]
b = image_patch.find("cylinder")[0]
to_a = abs(a.horizontal_center - anchor.horizontal_center)
to_b = abs(b.horizontal_center - anchor.horizontal_center)
if to_a < to_b:
    return "cube"
return "cylinder\"""",
        "cylinder",
        ("horizontally, the cylinder is nearer to the sphere than the red cube",),
    ),
    "count overlapping": (
        """
cylinder = image_patch.find("cylinder")[0]
return str(len([o for o in image_patch.find("cube") if o.overlaps_with(cylinder)]))""",
        "0",
        ("none of the 2 cubes overlaps the cylinder",),
    ),
    "sum in a loop": (
        """
n = 0
for name in ["cube", "sphere", "cylinder"]:
    n += len(image_patch.find(name))
return str(n)""",
        "4",
        ("2 plus 1 is 3", "3 plus 1 is 4"),
    ),
    "sum of three": (
        'return str(len(image_patch.find("cube")) + len(image_patch.find("sphere"))'
        ' + len(image_patch.find("cylinder")))',
        "4",
        ("2 plus 1 is 3", "3 plus 1 is 4"),
    ),
    "difference": (
        """
objects = image_patch.find("object")
red = image_patch.find("red object")
return str(len(objects) - len(red))""",
        "2",
        ("4 minus 2 is 2",),
    ),
    "break": (
        """
answer = "none"
for c in image_patch.find("cube"):
    if c.verify_property("cube", "blue"):
        answer = c.simple_query("What size is it?")
        break
return answer""",
        "small",
        ("the cube at [500 600 620 720] is blue", "the size of the cube at [500 600 620 720] is small"),
    ),
    "continue": (
        """
n = 0
for o in image_patch.find("object"):
    if not o.verify_property("object", "red"):
        continue
    n += 1
return str(n)""",
        "2",
        ("the objects at [500 600 620 720] and [700 300 820 420] are not red",),
    ),
    "nested find": (
        """
for o in image_patch.find("large object"):
    if not o.find("red cube"):
        return o.simple_query("What shape is it?")
return "none\"""",
        "cylinder",
        ("in [400 100 580 340], i find no red cube", "the shape of the large object at [400 100 580 340]"),
    ),
    "failed call": (
        """
try:
    p = image_patch.find("dog")[0]
except Exception:
    p = image_patch.find("sphere")[0]
return p.simple_query("What color is it?")""",
        "green",
        ("the color of the sphere is green",),
    ),
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "shape" in metafunc.fixturenames:
        metafunc.parametrize("shape", SHAPES)


@pytest.fixture(scope="session")
def told() -> dict[str, Told]:
    """The runs of all shapes on the main scene, by name."""
    return _tell_all({name: (_program(body), MAIN) for name, (body, _, _) in SHAPES.items()})


@pytest.fixture(scope="session")
def told_examples() -> dict[str, Told]:
    """The runs of the prompt's worked examples, each on a scene in which its question has an answer."""
    return _tell_all({e.question: (e.program, _scene_for(e.question)) for e in SCENE_EXAMPLES})


def _scene_for(question: str) -> tuple[SceneObject, ...]:
    [scene] = counterfactual_scenes(SCENE_MEANINGS[question], FULL, 1, seed=2)
    return tuple(replace(o, box=_scaled(o.box, scene)) for o in scene.objects)


def _scaled(box: Box, scene: Scene) -> Box:
    across, down = SIZE / scene.width, SIZE / scene.height
    return Box(box.left * across, box.top * down, box.right * across, box.bottom * down)


@pytest.fixture(scope="session")
def tell() -> Tell:
    """Run one more body of a program on the main scene."""
    return lambda body: _tell_all({"one": (_program(body), MAIN)})["one"]


@pytest.fixture
def expected(shape: str) -> tuple[str, tuple[str, ...]]:
    """The answer of a shape, and what its rationale must say, in lower case."""
    return SHAPES[shape][1:]


def _picture(number: int) -> bytes:
    """Return a small PNG, another one for every number."""
    file = io.BytesIO()
    PillowImage.new("RGB", (SIZE, SIZE), (number, 10, 200)).save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def store(tmp_path: Path, filled: Path) -> ArtifactStore:
    """A store of its own for a test, with questions, programs, traces and verdicts in shard s-000."""
    shutil.copytree(filled, tmp_path / "store")
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, told: dict[str, Told]) -> Path:
    """One question per shape, labelled with the right answer; three share a picture, every fifth is in val.

    Question "unlabelled" has one candidate and no label, "wrong" a label that its program misses, "blind" a
    right program that looks at nothing.
    """
    folder = tmp_path_factory.mktemp("filled")
    store = ArtifactStore.open(str(folder))
    blind = Told('def execute_command(image):\n    return "2"', (), "2", "")
    extra = {"unlabelled": told["count"], "wrong": told["exists"], "blind": blind}
    labels = {"unlabelled": (), "wrong": ("no",), "blind": ("2",)}
    images, questions, programs, traces = {}, [], [], []
    for number, (name, run) in enumerate({**told, **extra}.items()):
        picture = _picture(number // 3)
        image_id = store.put_blob(picture)
        split = "val" if number // 3 % 5 == 4 else "train"
        about = (f"{image_id}.png", "scenes", split, SIZE, SIZE, "image/png", len(picture))
        images[image_id] = Image(image_id, *about)
        label = labels.get(name, (run.answer,))
        questions.append(Question(name, image_id, f"{name}?", label, (), name[:5], split, False, "scenes"))
        program = (f"{name}?", (), 0, "first", f"p-{name}", None, run.source, None, "h", "r", "m", "record")
        programs.append(Candidate(f"c-{name}", *program, 0.5, -0.3, 9, 80, 0, None))
        row = (
            name,
            image_id,
            f"p-{name}",
            "answered",
            run.answer,
            None,
            None,
            None,
            events_to_json(run.events),
        )
        traces.append(Trace(f"t-{name}", *row, 1, 0, "oracle", "vm", 0.1))
    tables: tuple[tuple[Table[Any], Iterable[Any]], ...] = (
        (IMAGES, images.values()),
        (QUESTIONS, questions),
        (PROGRAMS, programs),
        (TRACES, traces),
        (PROBES, ()),
    )
    for table, rows in tables:
        store.write_shard(table, "s-000", table.frame(rows), "f")
    verify_programs(store, "s-000", policy="label")
    return folder
