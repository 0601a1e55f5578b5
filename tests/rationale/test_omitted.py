"""What the answer depends on must be said; what it does not depend on need not be."""

from collections.abc import Callable
from typing import Any

import pytest

from vpd.rationale.faithful import check_rationale

SIZE = 100
RED, BLUE = "[100 400 300 600]", "[500 600 620 720]"
SPHERE, CYLINDER = "[700 300 820 420]", "[400 100 580 340]"
CUBES = f"I find 2 cubes at {RED} and {BLUE}."
REDS = """
red = [c for c in image_patch.find("object") if c.verify_property("object", "red")]
return str(len(red))"""
LEFT = """
anchor = image_patch.find("sphere")[0]
left = [c for c in image_patch.find("cube") if c.horizontal_center < anchor.horizontal_center]
return str(len(left))"""
FIRST = """
things = sorted(image_patch.find("cube"), key=lambda c: c.horizontal_center)
return things[0].simple_query("What color is it?")"""
COMPARED = """
cubes, spheres = image_patch.find("cube"), image_patch.find("sphere")
return bool_to_yesno(len(cubes) > len(spheres))"""
SUM = 'return str(len(image_patch.find("cube")) + len(image_patch.find("sphere")))'
UNUSED = 'unused = image_patch.find("sphere")\nreturn str(len(image_patch.find("cube")))'
LEFTMOST = f"The cube at {RED} is the leftmost of the 2 cubes."
OBJECTS = f"I find 4 objects at {RED}, {CYLINDER}, {BLUE} and {SPHERE}."


@pytest.mark.parametrize(
    ("body", "said", "complete"),
    [
        (UNUSED, CUBES, True),
        (SUM, f"{CUBES} I find a sphere at {SPHERE}. 2 plus 1 is 3.", True),
        (SUM, f"{CUBES} I find a sphere at {SPHERE}.", False),
        (SUM, f"{CUBES} 2 plus 1 is 3.", False),
        (COMPARED, f"{CUBES} I find a sphere at {SPHERE}. 2 is more than 1.", True),
        (COMPARED, f"{CUBES} I find a sphere at {SPHERE}. There are more cubes than spheres.", True),
        (COMPARED, "There are more cubes than spheres.", False),
        (COMPARED, f"{CUBES} I find a sphere at {SPHERE}.", False),
        (REDS, f"{OBJECTS} The objects at {RED} and {CYLINDER} are red.", True),
        (REDS, f"{OBJECTS} The objects at {BLUE} and {SPHERE} are not red.", True),
        (REDS, f"{OBJECTS} 2 of the 4 objects are red.", True),
        (REDS, f"{OBJECTS} The object at {RED} is red.", False),
        (REDS, f"{OBJECTS} The object at {BLUE} is not red.", False),
        (REDS, OBJECTS, False),
        (REDS, "2 of the 4 objects are red.", True),
        (LEFT, f"I find a sphere at {SPHERE}. {CUBES} All 2 cubes are left of the sphere.", True),
        (LEFT, f"The cubes at {RED} and {BLUE} are left of the sphere at {SPHERE}.", True),
        (LEFT, f"The cubes at {RED} and {BLUE} are left of the sphere.", False),
        (LEFT, f"{CUBES} The cube at {RED} is left of the sphere.", False),
        (LEFT, f"{CUBES} I find a sphere at {SPHERE}.", False),
        (FIRST, f"{CUBES} {LEFTMOST} The color of the cube at {RED} is red.", True),
        (FIRST, f"{LEFTMOST} The cube at {RED} is red.", True),
        (FIRST, f"{CUBES} {LEFTMOST}", False),
        (FIRST, f"{CUBES} The color of the cube at {RED} is red.", False),
        ('return bool_to_yesno(image_patch.exists("cone"))', "There is no cone.", True),
    ],
)  # fmt: skip
def test_check_rationale_what_the_answer_depends_on_is_said_or_it_is_refused(
    body: str, said: str, complete: bool, tell: Callable[[str], Any]
) -> None:
    run = tell(body)
    problems = check_rationale(
        f"{said} The answer is {run.answer}.", run.source, run.events, run.answer, SIZE, SIZE
    )
    assert [p.kind for p in problems][:1] == ([] if complete else ["omitted"]), problems
