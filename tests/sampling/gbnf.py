"""llama.cpp's own matcher for GBNF grammars, and texts at random that a grammar allows."""

import ctypes
import math
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from xllamacpp import xllamacpp

_LIBRARY = ctypes.CDLL(xllamacpp.__file__)
_INIT = _LIBRARY._Z23llama_grammar_init_implPK11llama_vocabPKcS3_bPS3_mPKim
_ACCEPT = _LIBRARY._Z20llama_grammar_acceptP13llama_grammarj
_STACKS = _LIBRARY._Z24llama_grammar_get_stacksP13llama_grammar
_FREE = _LIBRARY._Z23llama_grammar_free_implP13llama_grammar
_INIT.restype = ctypes.c_void_p
_INIT.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p, ctypes.c_bool,
    ctypes.c_void_p, ctypes.c_size_t, ctypes.c_void_p, ctypes.c_size_t,
]  # fmt: skip
_ACCEPT.argtypes = [ctypes.c_void_p, ctypes.c_uint32]
_ACCEPT.restype = None
_STACKS.argtypes = [ctypes.c_void_p]
_STACKS.restype = ctypes.POINTER(ctypes.c_size_t)  # a std::vector: begin, end, capacity
_FREE.argtypes = [ctypes.c_void_p]
_VECTOR = 3 * ctypes.sizeof(ctypes.c_size_t)


def allows(grammar: str, text: str) -> bool:
    """Whether llama.cpp would let a model write this text and then stop."""
    handle = _INIT(None, grammar.encode(), b"root", False, None, 0, None, 0)
    assert handle, "llama.cpp cannot read the grammar"
    try:
        for character in text:
            _ACCEPT(handle, ord(character))
            if not any(True for _ in _stacks(handle)):
                return False
        return any(begin == end for begin, end in _stacks(handle))
    finally:
        _FREE(handle)


def _stacks(handle: int) -> Iterator[tuple[int, int]]:
    """Yield where the matcher's stacks begin and end in memory; a stack that is empty has matched."""
    vectors = _STACKS(handle)
    for address in range(vectors[0], vectors[1], _VECTOR):
        begin, end, _ = (ctypes.c_size_t * 3).from_address(address)
        yield begin, end


_TOKEN = re.compile(
    r"""\s+|"((?:[^"\\]|\\.)*)"|\[((?:[^\]\\]|\\.)*)\]|([a-z]\w*)|([(|)])|([?*+])|\{(\d+),(\d+)\}"""
)
_ESCAPE = re.compile(r"\\x([0-9a-f]{2})|\\(.)")
_OTHERS = "abcXYZ019_?.,'#:;@é→ "  # some of what a class that names what it leaves out lets in
_MOST_REPEATED = 3


class Node:
    """A part of a grammar: the fewest rules it takes to write it, and how it is written."""

    def cost(self, costs: dict[str, float]) -> float:
        return 0

    def write(self, writer: "TextWriter") -> str:
        raise NotImplementedError


@dataclass
class Chars(Node):
    choices: list[str]

    def write(self, writer: "TextWriter") -> str:
        return writer.random.choice(self.choices)


@dataclass
class Rule(Node):
    name: str

    def cost(self, costs: dict[str, float]) -> float:
        return 1 + costs.get(self.name, math.inf)

    def write(self, writer: "TextWriter") -> str:
        writer.turns -= 1
        return writer.rules[self.name].write(writer)


@dataclass
class Repeated(Node):
    node: Node
    least: int
    most: int

    def cost(self, costs: dict[str, float]) -> float:
        return self.node.cost(costs) if self.least else 0

    def write(self, writer: "TextWriter") -> str:
        most = max(self.least, min(self.most, _MOST_REPEATED) if writer.turns > 0 else 0)
        times = writer.random.randint(self.least, most)
        return "".join(self.node.write(writer) for _ in range(times))


@dataclass
class Sequence(Node):
    nodes: list[Node]

    def cost(self, costs: dict[str, float]) -> float:
        return max((node.cost(costs) for node in self.nodes), default=0)

    def write(self, writer: "TextWriter") -> str:
        return "".join(node.write(writer) for node in self.nodes)


@dataclass
class OneOf(Node):
    nodes: list[Node]

    def cost(self, costs: dict[str, float]) -> float:
        return min(node.cost(costs) for node in self.nodes)

    def write(self, writer: "TextWriter") -> str:
        least = self.cost(writer.costs)
        nodes = [node for node in self.nodes if writer.turns > 0 or node.cost(writer.costs) == least]
        return writer.random.choice(nodes).write(writer)


class TextWriter:
    """Texts at random that a grammar allows, for the parts of GBNF that `vpd.sampling.grammar` uses."""

    def __init__(self, grammar: str) -> None:
        parts = (line.split(" ::= ", 1) for line in grammar.splitlines())
        self.rules = {name: _one_of(_TOKEN.finditer(body)) for name, body in parts}
        self.costs: dict[str, float] = {}
        for _ in self.rules:
            self.costs = {name: node.cost(self.costs) for name, node in self.rules.items()}
        self.random = random.Random()
        self.turns = 0

    def text(self, seed: int, turns: int) -> str:
        """Write a text; after as many rules it writes as little more as it can."""
        self.random.seed(seed)
        self.turns = turns
        return self.rules["root"].write(self)


def _one_of(tokens: Iterator[re.Match[str]]) -> OneOf:
    """Read alternatives up to the bracket that closes them."""
    ways: list[list[Node]] = [[]]
    for token in tokens:
        literal, characters, name, mark, times, least, most = token.groups()
        if literal is not None:
            ways[-1].append(Chars([_ESCAPE.sub(_unescaped, literal)]))
        elif characters is not None:
            ways[-1].append(Chars(_members(characters)))
        elif name:
            ways[-1].append(Rule(name))
        elif mark == "(":
            ways[-1].append(_one_of(tokens))
        elif mark == "|":
            ways.append([])
        elif mark == ")":
            break
        elif times or most:
            fewest, highest = {"?": (0, 1), "*": (0, 99), "+": (1, 99)}.get(times) or (int(least), int(most))
            ways[-1].append(Repeated(ways[-1].pop(), fewest, highest))
    return OneOf([Sequence(way) for way in ways])


def _unescaped(escape: re.Match[str]) -> str:
    code, character = escape.groups()
    return chr(int(code, 16)) if code else {"n": "\n"}.get(character, character)


def _members(characters: str) -> list[str]:
    """Return the members of a class, or examples of them if it says what it leaves out."""
    pattern = re.compile(f"[{characters}]")
    among = _OTHERS if characters.startswith("^") else map(chr, range(128))
    return [character for character in among if pattern.fullmatch(character)]
