"""What a program looks for: the texts that it gives to methods or compares answers with.

Questions are none of them: `simple_query("What color is it?")` asks, `find("red cube")` looks for something.
"""

import ast
import re
from collections.abc import Iterator

from vpd.execution.syntax import parse


def looked_for(program: str) -> Iterator[tuple[str, int]]:
    """Yield each text that a program looks for, with its line."""
    for node in ast.walk(parse(program)):
        for value in _operands(node):
            text = _text(value)
            if text and "?" not in text:
                yield text, value.lineno


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case."""
    return tuple(re.findall(r"[^\W_]+", text.lower()))


def stem(word: str) -> str:
    """Return a word without the s of a plural, so that "cubes" is "cube"."""
    return word.removesuffix("s")


def _operands(node: ast.AST) -> Iterator[ast.expr]:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        for arg in node.args:
            yield from arg.elts if isinstance(arg, ast.List) else [arg]
    if isinstance(node, ast.Compare):
        yield from (node.left, *node.comparators)


def _text(node: ast.expr) -> str:
    """Return the text of a literal, of an f-string its constant parts; nothing for anything else."""
    if isinstance(node, ast.JoinedStr):
        return " ".join(_text(part) for part in node.values)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
