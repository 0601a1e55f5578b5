"""What a program's text shows to be wrong, and that right programs are left alone."""

import ast

import pytest

from vpd.execution.program import Program, canonical
from vpd.review.loops import first_endless
from vpd.review.static import first_fault
from vpd.tools.examples.photos import PHOTO_EXAMPLES
from vpd.tools.examples.scenes import SCENE_EXAMPLES
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.toolset import PHOTOS, SCENES


def tree_of(body: str) -> ast.Module:
    text = body if "def execute_command" in body else f"def execute_command(image):\n{body}"
    program = canonical(text)
    assert isinstance(program, Program)
    return ast.parse(program.source)


def fault_in(*lines: str, methods=IMAGE_PATCH):
    return first_fault(tree_of("\n".join(f"    {line}" for line in lines)), methods)


def endless_in(*lines: str):
    return first_endless(tree_of("\n".join(f"    {line}" for line in lines)))


@pytest.mark.parametrize("spec", [SCENES, PHOTOS], ids=lambda spec: spec.name)
def test_static_worked_examples_have_no_fault(spec):
    for example in spec.examples:
        tree = tree_of(example.program)
        assert first_fault(tree, spec.methods) is None, example.question
        assert first_endless(tree) is None, example.question


def test_static_trusted_programs_have_no_fault(trusted):
    for name, source in trusted.items():
        tree = tree_of(source)
        assert first_fault(tree, IMAGE_PATCH) is None, name
        assert first_endless(tree) is None, name


@pytest.mark.parametrize(
    ("lines", "line", "named"),
    [
        (['cats = image.find("cat")', "return str(len(cat))"], 3, "cats"),
        (['return str(len(image.find_all("cat")))'], 2, "find_all"),
        (['patch = ImagePatch(image).crop(0, 0, 9, 9)', 'return patch.ask("What is it?")'], 3, "ask"),
        (['p = image.find("cat")[0]', "return str(p.area)"], 3, "area"),
        (['for p in image.find("cat"):', '    return p.color', 'return "none"'], 3, "color"),
        (['return [p.size for p in image.find("cat")][0]'], 2, "size"),
        (['for i, p in enumerate(image.find("cat")):', "    return p.name", 'return "none"'], 3, "name"),
        (['cats = sorted(image.find("cat"), key=lambda p: p.left)', "return cats[0].x"], 3, "x"),
        (['best = max(image.find("cat"), key=lambda p: p.left)', "return best.x"], 3, "x"),
        (['a, b = image.find("cat")', "return str(b.x)"], 3, "x"),
        (['left = [p for p in image.find("cat") if p.left < 9]', "return left[0].x"], 3, "x"),
        (['cats = image.find("cat")', 'return cats.simple_query("What color is it?")'], 3, "list"),
        (['cats = image.find("cat")', 'return str(cats.left)'], 3, "list"),
        (['return image.simple_query("What is it?", "cat")'], 2, "simple_query(question)"),
        (["return image.simple_query()"], 2, "simple_query(question)"),
        (['return bool_to_yesno(image.exists(name="cat"))'], 2, "exists(object_name)"),
        (['return bool_to_yesno(image.verify_property("red"))'], 2, "property"),
        (['return image.find("cat")[0].crop(1, 2).read_text()'], 2, "crop(left, top, right, bottom)"),
        (['return bool_to_yesno(image.exists("cat"), "yes")'], 2, "bool_to_yesno(value)"),
        (['return ImagePatch(image, 0, 0, 9, 9).read_text()'], 2, "crop"),
    ],
)  # fmt: skip
def test_static_wrong_name_or_call_is_a_fault_that_names_it(lines, line, named):
    fault = fault_in(*lines)
    assert fault is not None
    assert fault.line == line
    assert named in fault.message


@pytest.mark.parametrize(
    "lines",
    [
        ['cat = image.find("cat")', "cat = cat[0]", "return str(cat.left)"],
        ["best = None", 'for p in image.find("cat"):', "    best = p", "return str(best.area)"],
        ["def area(p):", "    return p.size", 'return str(area({"a": 1}))'],
        ["try:", "    return image.area", "except AttributeError:", '    return "none"'],
        ['cat = image.find("cat")[0]', "cat.area = 5", "return str(cat.area)"],
        ['cat = image.find("cat")[0]', 'return str(cat.area if hasattr(cat, "area") else 0)'],
        ['args = ["cat", "red"]', "return bool_to_yesno(image.verify_property(*args))"],
        ['return str(image.simple_query("How many?").count("1"))'],
        ['cats = image.find("cat")', "cats.sort(key=lambda c: c.left)", "return str(cats.index(cats[0]))"],
        ["def ImagePatch(a, b, c):", "    return a", 'return ImagePatch("a", 2, 3)'],
        ["import math as m", "return str(m.floor(1.5))"],
    ],
)
def test_static_where_the_text_leaves_a_doubt_there_is_no_fault(lines):
    assert fault_in(*lines) is None


def test_static_method_of_another_tool_set_is_a_fault():
    lines = ["return str(image.compute_depth())"]
    assert fault_in(*lines, methods=SCENES.methods) is None
    fault = fault_in(*lines, methods=PHOTOS.methods)
    assert fault is not None
    assert "read_text" in fault.message


@pytest.mark.parametrize(
    "lines",
    [
        ["while True:", "    x = 1"],
        ["i = 0", "while i < 5:", "    x = i", "return x"],
        ["while True:", "    for p in [1]:", "        break"],
        ['cats = image.find("cat")', "while len(cats) > 0:", "    x = cats[0]", "return x"],
        ["return execute_command(image)"],
    ],
)
def test_loops_what_cannot_end_is_a_fault(lines):
    assert endless_in(*lines, "return 1") is not None


@pytest.mark.parametrize(
    "lines",
    [
        ["while True:", "    break"],
        ["while True:", '    return "a"'],
        ["i = 0", "while i < 5:", "    i += 1"],
        ["xs = [1]", "while xs:", "    xs.pop()"],
        ["while (x := image.exists('cat')):", "    y = 1"],
        ["while False:", "    y = 1"],
        ["try:", "    while True:", "        x = [][0]", "except IndexError:", "    y = 1"],
        ["def down(n):", "    return 0 if n < 1 else down(n - 1)", "return str(down(3))"],
    ],
)
def test_loops_what_may_end_is_no_fault(lines):
    assert endless_in(*lines, "return 1") is None


def test_static_examples_are_those_of_both_tool_sets():
    assert set(SCENE_EXAMPLES) == set(SCENES.examples)
    assert set(PHOTO_EXAMPLES) == set(PHOTOS.examples)
