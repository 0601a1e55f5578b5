"""Programs that do the same have one call graph; programs that conclude otherwise have another."""

import pytest


def graph(reviewer, *lines: str) -> str:
    text = "\n".join(["def execute_command(image):", *(f"    {line}" for line in lines)])
    [review] = reviewer.review("Name it.", [text])
    assert review.call_graph
    return review.call_graph


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            ['red = [c for c in image.find("cube") if c.verify_property("cube", "red")]', "return len(red)"],
            ["n = 0", 'for c in image.find("cube"):', '    if c.verify_property("cube", "red"):',
             "        n += 1", "return str(n)"],
        ),
        (
            ['a = image.find("cube")', 'b = image.find("cone")', "return len(a) > len(b)"],
            ['cones = len(image.find("cone"))', 'cubes = len(image.find("cube"))',
             'return "yes" if cubes > cones else "no"'],
        ),
        (
            ['return image.exists("cube")'],
            ["patch = ImagePatch(image)", 'there = patch.exists("cube")', "if there:", '    return "yes"',
             'return "no"'],
        ),
        (
            ['return image.crop(0, 0, image.width / 2, image.height).exists("cube")'],
            ["half = ImagePatch(image).width * 0.5", 'left = image.crop(0, 0, half, image.bottom)',
             'return left.exists("cube")'],
        ),
    ],
)  # fmt: skip
def test_call_graph_of_programs_that_do_the_same_is_one(anything, one, other):
    assert graph(anything, *one) == graph(anything, *other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('image.exists("a")', 'image.exists("b")'),
        ('image.exists("a")', 'not image.exists("a")'),
        ('image.exists("a")', 'len(image.find("a")) > 0'),
        ('len(image.find("a")) > len(image.find("b"))', 'len(image.find("a")) < len(image.find("b"))'),
        ('len(image.find("a")) > len(image.find("b"))', 'len(image.find("a")) >= len(image.find("b"))'),
        ('image.find("a")[0].simple_query("color?")', 'image.find("a")[-1].simple_query("color?")'),
        ('image.find("a")[0].exists("b")', 'bool(image.find("a")) and image.exists("b")'),
        ('image.exists("a") and image.exists("b")', 'image.exists("a") or image.exists("b")'),
        ('image.crop(0, 0, 9, 9).exists("b")', 'image.crop(9, 9, 20, 20).exists("b")'),
    ],
)
def test_call_graph_of_programs_that_look_or_conclude_otherwise_differs(anything, one, other):
    assert graph(anything, f"return {one}") != graph(anything, f"return {other}")


def test_call_graph_of_a_program_that_never_answers_is_none(anything):
    [review] = anything.review("Name it.", ["def execute_command(image):\n    return image.find('cat')"])
    assert review.call_graph is None
