"""Programs about places: relations, extremes, overlap, and what lies in a region."""

from tests.rationale.told import Shapes

PLACES: Shapes = {
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
}
