"""Worked examples about generated scenes."""

from vpd.tools.examples import WorkedExample

SCENE_EXAMPLES = (
    WorkedExample(
        "How many purple cones can you see?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cones = image_patch.find("purple cone")
    return str(len(cones))""",
    ),
    WorkedExample(
        "Do you see a small gray cylinder?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    return bool_to_yesno(image_patch.exists("small gray cylinder"))""",
    ),
    WorkedExample(
        "Which color does the large cone have?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cone = image_patch.find("large cone")[0]
    return cone.simple_query("What color is it?")""",
    ),
    WorkedExample(
        "Is the orange thing a cone or a cube?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    orange_object = image_patch.find("orange object")[0]
    return orange_object.best_text_match(["cone", "cube"])""",
    ),
    WorkedExample(
        "Of which size is the purple thing?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    purple_object = image_patch.find("purple object")[0]
    return purple_object.simple_query("What size is it?")""",
    ),
    WorkedExample(
        "Can you see more cones than orange objects?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cones = image_patch.find("cone")
    orange_objects = image_patch.find("orange object")
    return bool_to_yesno(len(cones) > len(orange_objects))""",
    ),
    WorkedExample(
        "Is the number of cyan objects the same as the number of brown objects?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cyan_objects = image_patch.find("cyan object")
    brown_objects = image_patch.find("brown object")
    return bool_to_yesno(len(cyan_objects) == len(brown_objects))""",
    ),
    WorkedExample(
        "Is the cone to the left of the cube?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cone = image_patch.find("cone")[0]
    cube = image_patch.find("cube")[0]
    return bool_to_yesno(cone.horizontal_center < cube.horizontal_center)""",
    ),
    WorkedExample(
        "Does the purple object stand in front of the cyan object?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    purple_object = image_patch.find("purple object")[0]
    cyan_object = image_patch.find("cyan object")[0]
    return bool_to_yesno(purple_object.compute_depth() < cyan_object.compute_depth())""",
    ),
    WorkedExample(
        "Are a brown cone and a cyan cube both there?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    has_cone = image_patch.exists("brown cone")
    has_cube = image_patch.exists("cyan cube")
    return bool_to_yesno(has_cone and has_cube)""",
    ),
    WorkedExample(
        "How many things stand behind the orange cone?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cone = image_patch.find("orange cone")[0]
    cone_depth = cone.compute_depth()
    behind = [p for p in image_patch.find("object") if p.compute_depth() > cone_depth]
    return str(len(behind))""",
    ),
    WorkedExample(
        "Which color does the small cone to the left of the brown cube have?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cube = image_patch.find("brown cube")[0]
    for cone in image_patch.find("small cone"):
        if cone.horizontal_center < cube.horizontal_center:
            return cone.simple_query("What color is it?")
    return "none\"""",
    ),
    WorkedExample(
        "Which shape has the metal thing in front of the cone?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cone = image_patch.find("cone")[0]
    for metal_object in image_patch.find("metal object"):
        if metal_object.compute_depth() < cone.compute_depth():
            return metal_object.simple_query("What shape is it?")
    return "none\"""",
    ),
)
