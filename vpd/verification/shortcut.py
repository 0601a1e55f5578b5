"""Programs that hand the whole question to one tool: right or not, there is no reasoning in them to distil.

Choosing by likelihood favours them, since they are short (AoTD and Fact prune them for the same reason).
"""

import ast
import re
from collections.abc import Iterator
from functools import lru_cache

from vpd.verification.tree import tree_of

_ASKING = ("simple_query", "best_text_match", "llm_query")
SAME_WORDS = 0.6  # share of the question's words that the tool is asked


@lru_cache(maxsize=50_000)
def is_shortcut(question: str, source: str, methods: frozenset[str]) -> bool:
    """Tell whether a program's one call of a tool asks most of the question.

    `methods` are those that tools answer.
    """
    calls = [(name, said) for name, said in _calls(source) if name in methods]
    if len(calls) != 1 or calls[0][0] not in _ASKING:
        return False
    words = _words(question)
    return bool(words) and len(words & _words(calls[0][1])) >= SAME_WORDS * len(words)


def _calls(source: str) -> Iterator[tuple[str, str]]:
    """Yield the method calls of a program, each with the texts among its arguments."""
    for node in ast.walk(tree_of(source)):
        match node:
            case ast.Call(ast.Attribute(attr=name)):
                constants = [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)]
                yield name, " ".join(value for value in constants if isinstance(value, str))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.lower()))
