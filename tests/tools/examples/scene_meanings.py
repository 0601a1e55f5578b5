"""What the questions of the worked examples about scenes mean, written apart from their programs."""

from collections.abc import Callable, Iterable

from vpd.datasets.scenes.counterfactual import Meaning
from vpd.datasets.scenes.questions import RELATIONS, Noun, Objects
from vpd.datasets.scenes.world import FULL, SceneObject
from vpd.tools.names import ANYTHING


class UnfitError(Exception):
    """The question does not fit the scene: its "the red cube" is not unique."""


def noun(name: str) -> Noun:
    """Read "small red cubes"."""
    words = [word.removesuffix("s") for word in name.split()]
    kinds = {"size": FULL.sizes, "color": FULL.colors, "material": FULL.materials, "shape": FULL.shapes}
    found = {kind: word for word in words for kind, values in kinds.items() if word in values}
    assert set(words) <= {*found.values(), *ANYTHING}
    return Noun(**found)


def every(objects: Objects, name: str) -> Objects:
    return noun(name).among(objects)


def number(objects: Objects, name: str) -> int:
    return len(every(objects, name))


def only(found: Iterable[SceneObject]) -> SceneObject:
    objects = list(found)
    if len(objects) != 1:
        raise UnfitError
    return objects[0]


def the(objects: Objects, name: str) -> SceneObject:
    return only(every(objects, name))


def beside(objects: Objects, name: str, relation: str, anchor: SceneObject) -> list[SceneObject]:
    return [o for o in every(objects, name) if o is not anchor and RELATIONS[relation](o, anchor)]


def one_beside(objects: Objects, name: str, relation: str, anchor: str) -> SceneObject:
    return only(beside(objects, name, relation, the(objects, anchor)))


def number_beside(objects: Objects, name: str, relation: str, anchor: str) -> int:
    return len(beside(objects, name, relation, the(objects, anchor)))


def stands(objects: Objects, name: str, relation: str, anchor: str) -> bool:
    first, second = the(objects, name), the(objects, anchor)
    if first is second:
        raise UnfitError
    return RELATIONS[relation](first, second)


def all_are(objects: Objects, name: str, further: str) -> bool:
    if not every(objects, name):
        raise UnfitError
    return number(objects, name) == number(objects, further)


def one_of(value: str, options: tuple[str, ...]) -> str:
    if value not in options:
        raise UnfitError
    return value


def between(objects: Objects, name: str, first: str, second: str) -> bool:
    found = [the(objects, each) for each in (first, name, second)]
    if len({id(o) for o in found}) < 3:
        raise UnfitError
    left, middle, right = (o.box.center[0] for o in found)
    return min(left, right) < middle < max(left, right)


def left_of_the_cone_behind_the_brown_sphere(objects: Objects) -> SceneObject:
    cone = one_beside(objects, "cone", "behind", "brown sphere")
    return only(beside(objects, "object", "left of", cone))


def meaning(answer: Callable[[Objects], bool | int | str]) -> Meaning:
    def said(objects: Objects) -> str | None:
        try:
            found = answer(objects)
        except UnfitError:
            return None
        return ("no", "yes")[found] if isinstance(found, bool) else str(found)

    return said


_MEANT: dict[str, Callable[[Objects], bool | int | str]] = {
    "How many purple cones are there?": lambda o: number(o, "purple cones"),
    "How many things are in the picture?": lambda o: number(o, "things"),
    "How many small cylinders can you see?": lambda o: number(o, "small cylinders"),
    "How many metal things are there?": lambda o: number(o, "metal things"),
    "How many cones and cubes are there in total?": lambda o: number(o, "cones") + number(o, "cubes"),
    "How many spheres are not gray?": lambda o: sum(s.color != "gray" for s in every(o, "spheres")),
    "Is there a small gray cylinder?": lambda o: bool(every(o, "small gray cylinder")),
    "Is there anything cyan?": lambda o: bool(every(o, "cyan thing")),
    "Is there a brown cone and a cyan cube?": lambda o: bool(
        every(o, "brown cone") and every(o, "cyan cube")
    ),
    "Is there an orange cylinder or a purple sphere?": lambda o: bool(
        every(o, "orange cylinder") or every(o, "purple sphere")
    ),
    "Is there neither a cone nor a brown object?": lambda o: not every(o, "cone") + every(o, "brown object"),
    "Is there a cone but no gray object?": lambda o: bool(every(o, "cone")) and not every(o, "gray object"),
    "Are there at least two cones?": lambda o: number(o, "cones") >= 2,
    "Are all cubes purple?": lambda o: all_are(o, "cubes", "purple cubes"),
    "What color is the large gray cone?": lambda o: the(o, "large gray cone").color,
    "What shape is the orange object?": lambda o: the(o, "orange object").shape,
    "What size is the purple object?": lambda o: the(o, "purple object").size,
    "What is the gray cube made of?": lambda o: the(o, "gray cube").material,
    "Is the orange thing a cone or a cube?": lambda o: one_of(the(o, "orange thing").shape, ("cone", "cube")),
    "Is the cone large or small?": lambda o: the(o, "cone").size,
    "Is the cylinder brown?": lambda o: the(o, "cylinder").color == "brown",
    "Are there more cones than orange objects?": lambda o: number(o, "cones") > number(o, "orange objects"),
    "Are there fewer cyan objects than cones?": lambda o: number(o, "cyan objects") < number(o, "cones"),
    "Are there as many gray objects as cones?": lambda o: number(o, "gray objects") == number(o, "cones"),
    "Is the number of large cubes the same as the number of small cones?": lambda o: (
        number(o, "large cubes") == number(o, "small cones")
    ),
    "Are there more small things than large things?": lambda o: (
        number(o, "small things") > number(o, "large things")
    ),
    "Is the cone left of the purple cube?": lambda o: stands(o, "cone", "left of", "purple cube"),
    "Is the purple object left of the gray object?": lambda o: stands(
        o, "purple object", "left of", "gray object"
    ),
    "Is the sphere left of the cone?": lambda o: stands(o, "sphere", "left of", "cone"),
    "Is the large sphere right of the cone?": lambda o: stands(o, "large sphere", "right of", "cone"),
    "Is the brown object right of the cyan object?": lambda o: stands(
        o, "brown object", "right of", "cyan object"
    ),
    "Is the cylinder right of the cone?": lambda o: stands(o, "cylinder", "right of", "cone"),
    "Is the purple object in front of the cyan cone?": lambda o: stands(
        o, "purple object", "in front of", "cyan cone"
    ),
    "Is the gray object in front of the orange object?": lambda o: stands(
        o, "gray object", "in front of", "orange object"
    ),
    "Is the cone in front of the sphere?": lambda o: stands(o, "cone", "in front of", "sphere"),
    "Is the cone behind the small cylinder?": lambda o: stands(o, "cone", "behind", "small cylinder"),
    "Is the purple object behind the brown object?": lambda o: stands(
        o, "purple object", "behind", "brown object"
    ),
    "Is the cube behind the cone?": lambda o: stands(o, "cube", "behind", "cone"),
    "Is the gray cone nearer than the cylinder?": lambda o: stands(o, "gray cone", "in front of", "cylinder"),
    "Is there a cone right of the brown cube?": lambda o: (
        number_beside(o, "cone", "right of", "brown cube") > 0
    ),
    "Is the cyan object between the cone and the cube?": lambda o: between(o, "cyan object", "cone", "cube"),
    "How many objects are left of the gray cone?": lambda o: number_beside(
        o, "objects", "left of", "gray cone"
    ),
    "How many objects are right of the purple object?": lambda o: number_beside(
        o, "objects", "right of", "purple object"
    ),
    "How many things are behind the cone?": lambda o: number_beside(o, "things", "behind", "cone"),
    "How many objects are in front of the orange cylinder?": lambda o: number_beside(
        o, "objects", "in front of", "orange cylinder"
    ),
    "How many cubes are in front of the brown sphere?": lambda o: number_beside(
        o, "cubes", "in front of", "brown sphere"
    ),
    "What color is the small cone left of the sphere?": lambda o: (
        one_beside(o, "small cone", "left of", "sphere").color
    ),
    "What color is the object left of the gray cone?": lambda o: (
        one_beside(o, "object", "left of", "gray cone").color
    ),
    "What color is the object right of the purple cone?": lambda o: (
        one_beside(o, "object", "right of", "purple cone").color
    ),
    "What color is the large cylinder right of the cone?": lambda o: (
        one_beside(o, "large cylinder", "right of", "cone").color
    ),
    "What color is the cylinder behind the cyan object?": lambda o: (
        one_beside(o, "cylinder", "behind", "cyan object").color
    ),
    "What color is the small object behind the cone?": lambda o: (
        one_beside(o, "small object", "behind", "cone").color
    ),
    "What color is the cube in front of the brown object?": lambda o: (
        one_beside(o, "cube", "in front of", "brown object").color
    ),
    "What color is the large object in front of the purple sphere?": lambda o: (
        one_beside(o, "large object", "in front of", "purple sphere").color
    ),
    "What shape is the metal object in front of the cone?": lambda o: (
        one_beside(o, "metal object", "in front of", "cone").shape
    ),
    "What shape is the small object right of the orange cube?": lambda o: (
        one_beside(o, "small object", "right of", "orange cube").shape
    ),
    "What shape is the object left of the cyan object?": lambda o: (
        one_beside(o, "object", "left of", "cyan object").shape
    ),
    "What shape is the large object behind the gray sphere?": lambda o: (
        one_beside(o, "large object", "behind", "gray sphere").shape
    ),
    "What size is the cone behind the gray cylinder?": lambda o: (
        one_beside(o, "cone", "behind", "gray cylinder").size
    ),
    "What color is the object left of the cone behind the brown sphere?": lambda o: (
        left_of_the_cone_behind_the_brown_sphere(o).color
    ),
    "What color is the leftmost object?": lambda o: min(o, key=lambda each: each.box.center[0]).color,
    "What shape is the nearest object?": lambda o: min(o, key=lambda each: each.depth).shape,
    "Is the cone of the same color as the cylinder?": lambda o: (
        the(o, "cone").color == the(o, "cylinder").color
    ),
    "Is there another object of the same color as the small cone?": lambda o: (
        number(o, f"{the(o, 'small cone').color} objects") > 1
    ),
}

SCENE_MEANINGS: dict[str, Meaning] = {text: meaning(answer) for text, answer in _MEANT.items()}
"""By question: the answer for a scene's objects, None where the question does not fit."""
