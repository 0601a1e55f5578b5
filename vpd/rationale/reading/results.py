"""What expressions make of replies and numbers: comparisons, counts of replies, sums."""

import ast
from collections import Counter, defaultdict
from contextlib import suppress

from vpd.geometry import Box
from vpd.rationale.reading.evaluated import evaluated
from vpd.rationale.reading.notes import Contains, Counts, Different, Frequent, Notebook, Replies, Same, Sum
from vpd.rationale.reading.scope import Scope
from vpd.rationale.reading.values import Count, Distance, Distinct, Listing, Measure, Reply, Unknown, number
from vpd.scoring.normalize import normalize


def note_results(node: ast.expr, scope: Scope, book: Notebook) -> None:
    """Note what an expression makes of replies and numbers."""
    for part, inner in evaluated(node, scope):
        with suppress(Unknown):
            _note_result(part, inner, book)


def _note_result(part: ast.AST, scope: Scope, book: Notebook) -> None:
    match part:
        case ast.Compare(left, [op], [right]):
            _note_comparison(left, op, right, scope, book)
        case ast.BinOp(left, ast.Add() | ast.Sub() as sign, right):
            if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
                note_sum(scope.evaluate(left), sign, scope.evaluate(right), book)
        case ast.Call(ast.Name("len")):
            _note_different(scope.evaluate(part), book)


def _note_comparison(left: ast.expr, op: ast.cmpop, right: ast.expr, scope: Scope, book: Notebook) -> None:
    """Note two replies or two numbers as they were compared, if both were worked out."""
    match scope.evaluate(left), scope.evaluate(right):
        case Reply() as one, Reply() as other if isinstance(op, ast.Eq | ast.NotEq):
            _note_same(one, other, book)
        case str(part), Reply(text) if isinstance(op, ast.In | ast.NotIn):
            text, part = normalize(text), normalize(part)
            book.add(("contains", text, part), Contains(text, part, part in text))
        case ((Measure() | Distance()), _):
            return
        case one, other if not isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
            a, b, names = number(one), number(other), (_name_of(one), _name_of(other))
            book.add(("counts", a, b, names), Counts(a, b, names))


def _note_same(one: Reply, other: Reply, book: Notebook) -> None:
    if (
        one.question
        and one.patch.box != other.patch.box
        and normalize(one.question) == normalize(other.question)
    ):
        same = normalize(one.text) == normalize(other.text)
        key = "same", normalize(one.question), one.patch.box, other.patch.box
        book.add(key, Same(one.question, one.patch, other.patch, same))


def _note_different(value: object, book: Notebook) -> None:
    if isinstance(value, Count) and isinstance(value.of, Distinct) and value.of.replies:
        questions = {normalize(r.question) for r in value.of.replies}
        replies = tuple(dict.fromkeys(normalize(r.text) for r in value.of.replies))
        if len(questions) == 1:
            question = value.of.replies[0].question
            book.add(("different", question, replies), Different(question, replies))


def note_sum(one: object, op: ast.operator, other: object, book: Notebook) -> None:
    """Note two numbers that were added or subtracted; not places or sizes, nor a sum that begins at 0."""
    if any(isinstance(value, Measure | Distance) or value == 0 for value in (one, other)):
        return
    a, b, sign = number(one), number(other), 1 if isinstance(op, ast.Add) else -1
    book.add(("sum", a, b, sign), Sum(a, b, sign))


def note_frequent(reply: str, book: Notebook) -> None:
    """Note that a reply is the most frequent one, if it is among several that were asked for."""
    for question, replies in _replies_by_question(book).items():
        first = Counter(replies.values()).most_common(2)
        alone = len(first) == 1 or first[0][1] > first[1][1]
        if alone and len(replies) > 1 and first[0][0] == normalize(reply):
            found = Frequent(question, first[0][0], first[0][1], len(replies))
            book.add(("frequent", question), found)


def _replies_by_question(book: Notebook) -> dict[str, dict[Box, str]]:
    """Return the first reply for each region, by question."""
    found: dict[str, dict[Box, str]] = defaultdict(dict)
    for note in book.notes.values():
        if isinstance(note, Replies) and note.question is not None:
            for patch, said in note.replies.items():
                found[note.question].setdefault(patch.box, said)
    return found


def _name_of(value: object) -> str | None:
    return value.of.name if isinstance(value, Count) and isinstance(value.of, Listing) else None
