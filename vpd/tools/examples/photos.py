"""Worked examples about photographs; none asks what a photograph of the evaluation set shows."""

from vpd.tools.examples import WorkedExample

PHOTO_EXAMPLES = (
    WorkedExample(
        "How many zebras are in the picture?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    zebras = image_patch.find("zebra")
    return str(len(zebras))""",
    ),
    WorkedExample(
        "Is there a giraffe?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    return bool_to_yesno(image_patch.exists("giraffe"))""",
    ),
    WorkedExample(
        "What color is the umbrella?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    umbrella = image_patch.find("umbrella")[0]
    return umbrella.simple_query("What color is it?")""",
    ),
    WorkedExample(
        "Is the suitcase purple?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    suitcase = image_patch.find("suitcase")[0]
    return bool_to_yesno(suitcase.verify_property("suitcase", "purple"))""",
    ),
    WorkedExample(
        "Is the kite pink or yellow?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    kite = image_patch.find("kite")[0]
    return kite.best_text_match(["pink", "yellow"])""",
    ),
    WorkedExample(
        "Which animal is this?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    return image_patch.simple_query("What animal is this?")""",
    ),
    WorkedExample(
        "Is the elephant to the left of the bench?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    elephant = image_patch.find("elephant")[0]
    bench = image_patch.find("bench")[0]
    return bool_to_yesno(elephant.horizontal_center < bench.horizontal_center)""",
    ),
    WorkedExample(
        "Are there more cows than sheep?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    cows = image_patch.find("cow")
    sheep = image_patch.find("sheep")
    return bool_to_yesno(len(cows) > len(sheep))""",
    ),
    WorkedExample(
        "Which is bigger, the surfboard or the skateboard?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    surfboard = image_patch.find("surfboard")[0]
    skateboard = image_patch.find("skateboard")[0]
    if surfboard.width * surfboard.height > skateboard.width * skateboard.height:
        return "surfboard"
    return "skateboard\"""",
    ),
    WorkedExample(
        "Is anybody on the elephant?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    elephant = image_patch.find("elephant")[0]
    people = image_patch.find("person")
    return bool_to_yesno(any(person.overlaps_with(elephant) for person in people))""",
    ),
    WorkedExample(
        "What color is the tent?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    return image_patch.simple_query("What color is the tent?")""",
    ),
    WorkedExample(
        "Is the girl taller than the horse?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    girl = image_patch.find("person")[0]
    horse = image_patch.find("horse")[0]
    return bool_to_yesno(girl.height > horse.height)""",
    ),
    WorkedExample(
        "What does the stop sign say?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    sign = image_patch.find("stop sign")[0]
    return sign.read_text()""",
    ),
    WorkedExample(
        "Does the word bakery appear?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    return bool_to_yesno("bakery" in image_patch.read_text().lower())""",
    ),
    WorkedExample(
        "How many zebras are in the right half?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    zebras = image_patch.find("zebra")
    right = [z for z in zebras if z.horizontal_center > image_patch.horizontal_center]
    return str(len(right))""",
    ),
    WorkedExample(
        "What does this animal eat?",
        """\
def execute_command(image):
    image_patch = ImagePatch(image)
    animal = image_patch.simple_query("What animal is this?")
    return image_patch.llm_query(f"What does a {animal} eat? Answer in one word.")""",
    ),
)
