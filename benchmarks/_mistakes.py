"""Programs with a planted mistake: one small change to one that a model wrote, of a kind that models make.

A change may leave a program right (`sorted(...)[0]` of one thing); whether it did is for the judge to say.
"""

import ast
import random
from collections.abc import Callable, Iterator

from vpd.datasets.scenes.world import EASY
from vpd.execution.syntax import parse

COLORS, SHAPES = EASY.colors, EASY.shapes
_OPPOSITE: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.GtE,
    ast.GtE: ast.LtE,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
}
_OTHER_SIDE = {"left": "top", "horizontal_center": "vertical_center", "vertical_center": "horizontal_center"}
_OTHER_CALL = {"any": "all", "all": "any", "min": "max", "max": "min"}
Change = Callable[[], None]


def with_mistake(source: str, rng: random.Random) -> str:
    """Return a program with one random change; the program itself if there is nothing to change."""
    tree = parse(source)
    changes = [change for node in ast.walk(tree) for change in _changes(node, rng)]
    if not changes:
        return source
    rng.choice(changes)()
    return ast.unparse(ast.fix_missing_locations(tree))


def _changes(node: ast.AST, rng: random.Random) -> Iterator[Change]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _OPPOSITE:
            yield lambda: setattr(node, "ops", [_OPPOSITE[type(op)]()])
        case ast.Constant(str(text)) if _other_words(text, rng) != text:
            yield lambda: setattr(node, "value", _other_words(text, rng))
            yield lambda: setattr(node, "value", text.split()[-1])  # "red cube" as "cube"
        case ast.Constant(bool()):
            yield lambda: setattr(node, "value", not node.value)
        case ast.Constant(int(number)):
            yield lambda: setattr(node, "value", number + 1)
        case ast.Attribute(attr=side) if side in _OTHER_SIDE:
            yield lambda: setattr(node, "attr", _OTHER_SIDE[side])
        case ast.Call(ast.Name(name)) if name in _OTHER_CALL:
            yield lambda: setattr(node, "func", ast.Name(_OTHER_CALL[name]))
        case ast.comprehension(ifs=[_]):
            yield lambda: setattr(node, "ifs", [])
        case ast.BoolOp(op, [first, *_]):
            yield lambda: setattr(node, "values", [first, first])
            yield lambda: setattr(node, "op", ast.Or() if isinstance(op, ast.And) else ast.And())
        case ast.Subscript(slice=ast.Constant(0)):
            yield lambda: setattr(node, "slice", ast.Constant(-1))
        case ast.Return(value=ast.expr() as value):
            yield lambda: setattr(node, "value", ast.Constant(rng.choice(("yes", "no", "0", "1", "red"))))
            if isinstance(value, ast.IfExp):
                yield lambda: setattr(node, "value", ast.IfExp(value.test, value.orelse, value.body))


def _other_words(text: str, rng: random.Random) -> str:
    """Return a text with one colour or shape in it exchanged for another."""
    words = text.split(" ")
    known = [(place, kind) for place, word in enumerate(words) for kind in (COLORS, SHAPES) if word in kind]
    if not known:
        return text
    place, kind = rng.choice(known)
    words[place] = rng.choice([word for word in kind if word != words[place]])
    return " ".join(words)
