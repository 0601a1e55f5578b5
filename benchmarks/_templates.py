"""Questions with five different candidate programs each, as a model would write them for ViperGPT.

A and B stand for two nouns. The five candidates to a question look at the same picture in different ways:
whole, part by part, object by object.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Template:
    """A question and its candidates."""

    question: str
    bodies: tuple[str, ...]

    def candidates(self, a: str, b: str) -> list[str]:
        """Return the five programs for two nouns."""
        return [_program(body).replace("'A'", repr(a)).replace("'B'", repr(b)) for body in self.bodies]


def _program(body: str) -> str:
    lines = ["patch = ImagePatch(image)", *body.strip().splitlines()]
    return "\n".join(["def execute_command(image):", *(f"    {line}" for line in lines)])


BOTH = Template(
    "Is there a A and a B?",
    (
        "return bool_to_yesno(patch.exists('A') and patch.exists('B'))",
        """
first = patch.find('A')
second = patch.find('B')
return bool_to_yesno(len(first) > 0 and len(second) > 0)
""",
        """
first = [p for p in patch.find('A') if p.exists('A')]
second = [p for p in patch.find('B') if p.exists('B')]
return bool_to_yesno(len(first) > 0 and len(second) > 0)
""",
        """
objects = patch.find('object')
return bool_to_yesno(any(p.exists('A') for p in objects) and any(p.exists('B') for p in objects))
""",
        """
first = 0
second = 0
for p in patch.find('object'):
    if p.exists('A'):
        first += 1
    if p.exists('B'):
        second += 1
return bool_to_yesno(first > 0 and second > 0)
""",
    ),
)
MORE = Template(
    "Are there more A than B?",
    (
        "return bool_to_yesno(len(patch.find('A')) > len(patch.find('B')))",
        """
first = [p for p in patch.find('A') if p.exists('A')]
second = [p for p in patch.find('B') if p.exists('B')]
return bool_to_yesno(len(first) > len(second))
""",
        """
first = 0
second = 0
for p in patch.find('object'):
    if p.exists('A'):
        first += 1
    elif p.exists('B'):
        second += 1
return bool_to_yesno(first > second)
""",
        """
objects = patch.find('object')
first = [p for p in objects if p.exists('A')]
second = [p for p in objects if p.exists('B')]
return bool_to_yesno(len(first) > len(second))
""",
        """
middle = patch.horizontal_center
left = patch.crop(patch.left, patch.top, middle, patch.bottom)
right = patch.crop(middle, patch.top, patch.right, patch.bottom)
first = len(left.find('A')) + len(right.find('A'))
second = len(left.find('B')) + len(right.find('B'))
return bool_to_yesno(first > second)
""",
    ),
)
LEFT_OF = Template(
    "Is there a A left of the B?",
    (
        """
for other in patch.find('B'):
    for p in patch.find('A'):
        if p.horizontal_center < other.horizontal_center:
            return 'yes'
return 'no'
""",
        """
found = sorted(patch.find('A'), key=lambda p: p.horizontal_center)
others = sorted(patch.find('B'), key=lambda p: p.horizontal_center)
if not found or not others:
    return 'no'
return bool_to_yesno(found[0].horizontal_center < others[-1].horizontal_center)
""",
        """
objects = patch.find('object')
found = [p for p in objects if p.exists('A')]
others = [p for p in objects if p.exists('B')]
return bool_to_yesno(any(p.right < other.right for p in found for other in others))
""",
        """
others = patch.find('B')
if not others:
    return 'no'
beside = patch.crop(patch.left, patch.top, others[0].horizontal_center, patch.bottom)
return bool_to_yesno(any(p.exists('A') for p in beside.find('object')))
""",
        """
seen = False
for p in sorted(patch.find('object'), key=lambda p: p.horizontal_center):
    if seen and p.exists('B'):
        return 'yes'
    seen = seen or p.exists('A')
return 'no'
""",
    ),
)
COLOR = Template(
    "What color is the A?",
    (
        "return patch.find('A')[0].simple_query('What color is it?')",
        """
found = patch.find('A')
if not found:
    return 'none'
largest = max(found, key=lambda p: p.width * p.height)
return largest.simple_query('What color is it?')
""",
        """
for p in patch.find('object'):
    if p.exists('A'):
        return p.simple_query('What color is it?')
return 'none'
""",
        """
for p in patch.find('A'):
    for color in ['red', 'green', 'blue', 'yellow', 'gray', 'brown']:
        if p.verify_property('A', color):
            return color
return 'none'
""",
        """
found = [p for p in patch.find('object') if p.exists('A')]
if len(found) == 0:
    return 'none'
return found[0].best_text_match(['red', 'green', 'blue', 'yellow', 'gray', 'brown'])
""",
    ),
)
TEMPLATES = (BOTH, MORE, LEFT_OF, COLOR)
