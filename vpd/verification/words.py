"""Words of a question that a program takes no notice of.

"What color is the large cylinder in front of the green object?" is asked of pictures with one large cylinder
in front of one green object, so a program that forgets the green object is right on every picture there is.
What it forgets shows in its text: no call whose result is used says "green". Which words matter is learnt
from the programs themselves: those that programs for several texts look for by name.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import lru_cache

from vpd.records import Candidate
from vpd.scoring.score import answer_key
from vpd.verification.tree import tree_of

SEVERAL = 2  # texts whose programs look for a word; a word of one may be a slip
_BY_NAME = ("find", "exists", "verify_property")
_KEEPING = ("append", "add", "extend", "insert")  # calls whose results are not used, though they matter


def looked_for(candidates: Iterable[Candidate]) -> frozenset[str]:
    """Return the words that programs for at least two texts look for by name."""
    texts: dict[str, set[str]] = defaultdict(set)
    for candidate in candidates:
        if candidate.problem is None:
            for word in _named(candidate.source):
                texts[word].add(candidate.question_text)
    return frozenset(word for word, found in texts.items() if len(found) >= SEVERAL)


def ignored(question: str, source: str, known: frozenset[str]) -> tuple[str, ...]:
    """Return the known words of a question that no call of a program says whose result is used.

    Of a text that is no Python here, none: its trace is judged.
    """
    asked = [word for word in dict.fromkeys(_words(question)) if word in known]
    try:
        said = _said(source) if asked else frozenset()
    except SyntaxError:
        return ()
    return tuple(word for word in asked if word not in said)


@lru_cache(maxsize=50_000)
def _named(source: str) -> frozenset[str]:
    try:
        calls = (node for node in ast.walk(tree_of(source)) if isinstance(node, ast.Call))
    except SyntaxError:
        return frozenset()
    named = (c for c in calls if isinstance(c.func, ast.Attribute) and c.func.attr in _BY_NAME)
    return frozenset(word for call in named for arg in call.args for word in _texts(arg))


@lru_cache(maxsize=50_000)
def _said(source: str) -> frozenset[str]:
    tree = tree_of(source)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)}
    return frozenset(word for node in _live(tree, used) for word in _texts(node))


def _live(tree: ast.Module, used: set[str]) -> Iterator[ast.Call]:
    """Yield the method calls outside statements whose results are never used."""
    idle = {id(n) for s in ast.walk(tree) if _is_idle(s, used) for n in ast.walk(s)}
    for node in ast.walk(tree):
        if id(node) not in idle and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield node


def _is_idle(node: ast.AST, used: set[str]) -> bool:
    match node:
        case ast.Assign(targets):
            return all(isinstance(t, ast.Name) and t.id not in used for t in targets)
        case ast.Expr(ast.Call(ast.Attribute(attr=name))):
            return name not in _KEEPING
    return False


def _texts(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield from _words(part.value)


def _words(text: str) -> list[str]:
    return [answer_key(word) for word in re.findall(r"[^\W\d_]+", text)]
