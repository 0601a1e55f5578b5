"""Programs that count, look whether something exists, ask for attributes, and compare counts."""

from tests.rationale.told import Shapes

COUNTING: Shapes = {
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
}
