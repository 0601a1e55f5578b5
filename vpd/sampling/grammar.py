"""A grammar of the programs that an endpoint may write, for one that can be held to a grammar.

GBNF, the format of llama.cpp: a subset of Python in which a text is one `execute_command(image)` without
fences or comments, parses, calls only what the API and the sandbox have, and returns at its end. GBNF knows
no indentation, so every depth has rules of its own; it cannot subtract, so the names that a program may bind
are spelled out letter by letter around Python's keywords (`_names`).

Not here: whether names are bound and arguments fit; a run tells (`vpd.execution`).
"""

import inspect
import keyword
import string
from collections.abc import Collection, Iterable, Iterator

from vpd.execution.gaps import BUILTINS
from vpd.execution.names import words
from vpd.execution.policy import OUTSIDE_NAMES
from vpd.tools.image_patch import HELPERS, ImagePatch
from vpd.tools.methods import IMAGE_PATCH, Method

DEPTH = 4
"""How many loops and conditions may stand in one another."""
FUNCTIONS = words(
    "abs all any bool enumerate float int len list max min range round set sorted str sum tuple zip"
)
VALUE_METHODS = words("append count index lower sort split strip upper")
TOLD_APART = 6
"""A name may not begin with as many letters of a longer forbidden word: all letters take twice the rules."""
_LETTERS = string.ascii_lowercase
_FOLLOWING = f"{_LETTERS}{string.digits}_"

_RULES = r"""
simple ::= name ((", " name)* " = " expr (", " expr)* | " " ([+*-] | "/" "/"?) "= " expr | trailer* done)
names ::= name (", " name)*
expr ::= disjunction (" if " disjunction " else " expr)?
disjunction ::= inversion ((" and " | " or ") inversion)*
inversion ::= "not "? comparison
comparison ::= sum (" " ([<>] "="? | [=!] "=" | "is" " not"? | "not "? "in") " " sum)*
sum ::= term (" " ([+%-] | "*" "*"? | "/" "/"?) " " term)*
term ::= "-"? (number | "True" | "False" | "None" | (name | function args | text | list | group) trailer*)
trailer ::= "." attribute | done | "[" (expr (":" expr?)? | ":" expr?) "]"
done ::= "." method args
args ::= "(" (expr (for | (", " expr)* (", " key)? (", " option)?) | key (", " option)? | option)? ")"
key ::= "key=" (name | function | "lambda " name ": " expr)
option ::= ("reverse" | "default") "=" expr
list ::= "[" (expr (for | (", " expr)*))? "]"
group ::= "(" expr (for | (", " expr)*) ")"
for ::= (" for " names " in " disjunction (" if " disjunction)*)+
number ::= ("0" | [1-9] [0-9]{0,5}) ("." [0-9]{1,4})?
text ::= "\"" [^"\\\x00-\x1f\x7f]* "\"" | "f\"" ([^"\\{}\x00-\x1f\x7f] | "{" shown "}")* "\""
shown ::= (name | function "(" name ")") ("." attribute | "[" number "]")*
w ::= [a-z0-9_]*
v ::= [a-z0-9_] w
"""


def program_grammar(methods: Collection[Method]) -> str:
    """Return the grammar of programs for an API with these methods, as GBNF text."""
    own = [name for name, member in vars(ImagePatch).items() if inspect.isfunction(member)]
    offered = [name for name in own if name not in IMAGE_PATCH and not name.startswith("_")]
    offered += [method.name for method in methods]
    helpers = [helper.__name__ for helper in HELPERS]
    rules = [
        'root ::= "def execute_command(image):\\n" end1',
        *(rule for depth in range(1, DEPTH + 2) for rule in _depth(depth)),
        _RULES.strip(),
        f"function ::= {_any_of([ImagePatch.__name__, *helpers, *sorted(FUNCTIONS)])}",
        f"attribute ::= {_any_of(ImagePatch.__annotations__)}",
        f"method ::= {_any_of([*offered, *sorted(VALUE_METHODS)])}",
        f"name ::= {_names()}",
    ]
    return "\n".join(rules) + "\n"


def _depth(depth: int) -> Iterator[str]:
    """Yield the rules of a line at a depth and of a last block there, which ends in a return."""
    indent = "    " * depth
    line = f'line{depth} ::= "{indent}" ((simple | "return " expr) "\\n"'
    last = f'end{depth} ::= line{depth}* ("{indent}return " expr'
    if depth <= DEPTH:
        inner, end = f"line{depth + 1}+", f"end{depth + 1}"
        line += (
            f' | "for " names " in " expr ":\\n" {inner} | "if " expr ":\\n" {inner}'
            f' ("{indent}elif " expr ":\\n" {inner})* ("{indent}else:\\n" {inner})?'
        )
        last += (
            f' | "{indent}if " expr ":\\n" {end} "\\n"'
            f' ("{indent}elif " expr ":\\n" {end} "\\n")* "{indent}else:\\n" {end}'
        )
    yield from (f"{line})", f"{last})")


def _any_of(texts: Iterable[str]) -> str:
    return " | ".join(f'"{text}"' for text in texts)


def _names() -> str:
    """Return the expression of a lower-case name that is no keyword and nothing the sandbox lacks."""
    forbidden = {*keyword.kwlist, *OUTSIDE_NAMES, *BUILTINS}
    return _spelling({word for word in forbidden if word.islower()}, TOLD_APART, _LETTERS)


def _spelling(rests: set[str], told_apart: int, letters: str) -> str:
    """Return the expression of what may follow a beginning that leads on to forbidden words.

    `rests` is what these words have after it, `letters` are those that may come next.
    """
    heads = sorted({rest[0] for rest in rests if rest})
    if not heads:
        return "v"
    ways = [f"[{_ranges(sorted(set(letters) - set(heads)))}]w"]
    for head in heads:
        further = {rest[1:] for rest in rests if rest.startswith(head)}
        if told_apart > 1 or "" in further:
            ways.append(f'"{head}"{_spelling(further, told_apart - 1, _FOLLOWING)}')
    may_end = "" not in rests and letters == _FOLLOWING
    return f"({'|'.join(ways)}){'?' if may_end else ''}"


def _ranges(letters: Iterable[str]) -> str:
    """Return the inside of a character class: runs of letters as ranges."""
    runs: list[str] = []
    for letter in letters:
        if runs and ord(runs[-1][-1]) == ord(letter) - 1:
            runs[-1] = runs[-1][0] + letter
        else:
            runs.append(letter)
    return "".join("-".join(run) for run in runs)
