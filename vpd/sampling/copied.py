"""Names that a program took from a worked example instead of from its question.

Small models copy: asked for "the cube" after an example about a brown cube, they look for a brown cube. Such
a program runs, is wrong, and needs no picture to be recognised: it looks for a word that is in a question
shown as an example and not in its own. A word that some example looks for without being asked about, such as
"object" or "person", is nobody's and may be used.
"""

from collections.abc import Sequence
from functools import cache

from vpd.sampling.looked_for import looked_for, stem, words
from vpd.sampling.similarity import things
from vpd.tools.examples import WorkedExample


def copied_word(
    source: str, question: str, shown: Sequence[WorkedExample], library: Sequence[WorkedExample]
) -> tuple[str, int] | None:
    """Return the first word that a program looks for and that is only in an example, with its line; or None.

    `source` is the program's canonical text, `shown` are the examples in its prompt, out of `library`.
    """
    theirs = {stem(word) for example in shown for word in things(example)}
    copied = theirs - set(map(stem, words(question))) - _anyones(tuple(library))
    for text, line in looked_for(source):
        for word in words(text):
            if stem(word) in copied:
                return word, line
    return None


@cache
def _anyones(library: tuple[WorkedExample, ...]) -> frozenset[str]:
    """Return the words that programs of the library look for though their questions do not have them."""
    found: set[str] = set()
    for example in library:
        used = {stem(word) for text, _ in looked_for(example.program) for word in words(text)}
        found |= used - set(map(stem, words(example.question)))
    return frozenset(found)
