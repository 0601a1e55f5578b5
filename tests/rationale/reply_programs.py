"""Programs that gather and compare replies, filter by helpers and lambdas, and calculate on what they saw."""

from tests.rationale.told import Shapes

REPLIES: Shapes = {
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
