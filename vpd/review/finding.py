"""A finding: what is wrong with a program, said so that the language model that wrote it can put it right."""

from dataclasses import dataclass
from typing import Literal

FindingKind = Literal[
    "syntax",
    "unsupported",
    "policy",
    "names",
    "loops",
    "vocabulary",
    "runtime",
    "budget",
    "blind",
    "answer",
    "copied",
]
_LONGEST_LINE = 160


@dataclass(frozen=True)
class Finding:
    """The first thing found wrong: of what kind, a message that quotes the line, and the line's number.

    syntax, unsupported, policy: as in `vpd.execution.program`
    names:      a name, method or argument that does not exist
    loops:      a loop or a function that cannot come to an end
    vocabulary: a tool refuses what it is asked
    runtime:    it raises, whatever is in the picture
    budget:     it reaches a limit
    blind:      it does not look at the picture
    answer:     its answer is of another kind than the question asks for
    copied:     it looks for something that only a worked example is about (`vpd.sampling.copied`)
    """

    kind: FindingKind
    message: str
    line: int | None = None


def found(kind: FindingKind, what: str, source: str, line: int | None) -> Finding:
    """Return a finding whose message ends with the line of the source, counted from 1."""
    lines = source.split("\n")
    if line is None or not 0 < line <= len(lines):
        return Finding(kind, what)
    text = lines[line - 1].strip()
    quoted = text if len(text) <= _LONGEST_LINE else f"{text[:_LONGEST_LINE]}..."
    return Finding(kind, f"{what} (line {line}: {quoted})", line)
