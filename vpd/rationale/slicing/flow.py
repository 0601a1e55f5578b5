"""What the statements of a program read, set and change, for following its data.

On the safe side: a variable counts as changed if it may be, and objects that may be the same, or hold one
another, count as changed together. Functions that a program defines are not followed: a statement that may
call one reads and changes whatever any of them does.

Not here: when statements ran (`vpd.rationale.slicing.steps`).
"""

import ast
from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property, lru_cache
from itertools import product

from vpd.execution.names import words
from vpd.execution.program import ENTRY
from vpd.rationale.slicing.syntax import free_names, own_parts, stored_names

CHANGING = words(
    "add append appendleft clear difference_update discard extend extendleft heapify heappop heappush "
    "insert insort insort_left insort_right intersection_update pop popitem popleft remove reverse rotate "
    "setdefault shuffle sort subtract symmetric_difference_update update"
)
_OF_ARGUMENTS = words("heapify heappop heappush insort insort_left insort_right next setattr shuffle")
_ITERATORS = words("enumerate filter iter map reversed zip")
_FRESH = words("bool bool_to_yesno exists find float int len range round simple_query str sum")
_AT_ONCE = words("all any dict join list max min set sort sorted sum tuple Counter")
_PLACE = ast.Subscript | ast.Attribute


@lru_cache(maxsize=4096)
def flow_of(source: str) -> "Flow":
    """Return the flow of a program; runs of one program share it, with all that was found out of it."""
    return Flow(ast.parse(source))


class Flow:
    """Reads, sets and changes of the statements of one program."""

    def __init__(self, tree: ast.Module) -> None:
        self.tree = tree
        self.effects: dict[tuple[ast.stmt, str], tuple[set[str], set[str], set[str]]] = {}
        """What each part of a statement reads, sets and changes, once it is worked out."""
        self._nodes = list(ast.walk(tree))
        functions = [n for n in self._nodes if isinstance(n, ast.FunctionDef) and n.name != ENTRY]
        self._inside = [*functions, *(n for n in self._nodes if _stores_function(n))]
        self._mixing = self._objects()

    @cached_property
    def called_lines(self) -> set[int]:
        """The lines that run when something else calls or uses up what they define."""
        return {n.lineno for f in self._inside for n in ast.walk(f) if isinstance(n, ast.stmt | ast.expr)}

    @cached_property
    def _callers(self) -> set[str]:
        """The variables through which a function of the program can be reached."""
        names = {f.name for f in self._inside if isinstance(f, ast.FunctionDef)}
        statements = [
            n for n in self._nodes if isinstance(n, ast.stmt) and not isinstance(n, ast.FunctionDef)
        ]
        names |= set().union(*(self._direct(s) for s in self._inside if not isinstance(s, ast.FunctionDef)))
        while True:
            more = set().union(*(self._direct(s) for s in statements if _read_by(s) & names)) - names
            if not more:
                return names
            names |= more

    @cached_property
    def _calling(self) -> set[ast.stmt]:
        if not self._inside:
            return set()
        statements = [n for n in self._nodes if isinstance(n, ast.stmt)]
        return {s for s in statements if not self._callers.isdisjoint(_read_by(s))}

    def may_call(self, statement: ast.stmt) -> bool:
        """Tell whether a statement may run lines of functions that the program defines."""
        return statement in self._calling

    def reads(self, statement: ast.stmt, *, whole: bool) -> set[str]:
        """Return the variables that a statement reads: all inside it, or without the statements in it."""
        names = free_names(statement) if whole else _read_by(statement)
        if self.may_call(statement) or (whole and self._inside):
            names = names.union(*(free_names(f) for f in self._inside))
        return names

    def sets(self, statement: ast.stmt) -> set[str]:
        """Return the variables that get a new value when a statement runs."""
        match statement:
            case ast.Assign(targets):
                return set(stored_names(*targets))
            case ast.AugAssign(ast.Name(name)):
                return {name}
            case ast.FunctionDef(name):
                return {name}
            case ast.Import(names) | ast.ImportFrom(names=names):
                return {(a.asname or a.name).split(".")[0] for a in names}
        return set()

    def changes(self, statement: ast.stmt, *, whole: bool) -> set[str]:
        """Return the variables whose values may become others in place."""
        parts = list(ast.walk(statement)) if whole else own_parts(statement)
        changed = _changed_in(parts)
        names = free_names(statement) if whole else _read_by(statement)
        if self.may_call(statement) or (whole and self._inside):
            within = _changed_in([n for f in self._inside for n in ast.walk(f)])
            changed |= within | (names if within else set())
        changed |= names & self._iterators
        return self._mixed(changed)

    def written(self, statement: ast.stmt) -> set[str]:
        """Return all variables that a statement and those inside it may set or change."""
        inside = [n for n in ast.walk(statement) if isinstance(n, ast.stmt)]
        names = set().union(*(self.sets(s) for s in inside))
        return names | set(stored_names(*inside)) | self.changes(statement, whole=True)

    @cached_property
    def _iterators(self) -> set[str]:
        """Return the variables that may hold an iterator: reading one uses it up."""
        found: set[str] = set()
        for node in self._nodes:
            if isinstance(node, ast.Assign) and _makes_iterator(node.value):
                found.update(stored_names(*node.targets))
        return found

    def _direct(self, statement: ast.AST) -> set[str]:
        return set(stored_names(*own_parts(statement))) | _changed_in(own_parts(statement))

    def _objects(self) -> dict[str, set[str]]:
        """Return for each variable those that a change of its object may change too."""
        mixing: dict[str, set[str]] = defaultdict(set)
        deep = any(map(_changes_inside, self._nodes))
        for node in self._nodes:
            for holders, held in _held(node):
                both = deep or isinstance(node, ast.Assign | ast.NamedExpr)
                for one, other in product(holders, held):
                    mixing[other].add(one)
                    if both:
                        mixing[one].add(other)
        return mixing

    def _mixed(self, names: set[str]) -> set[str]:
        found, left = set(names), list(names)
        while left:
            more = self._mixing.get(left.pop(), set()) - found
            found |= more
            left.extend(more)
        return found


def _stores_function(node: ast.AST) -> bool:
    """Tell whether a statement keeps a lambda or a generator for later."""
    if not isinstance(node, ast.Assign | ast.Expr | ast.AugAssign):
        return False
    parts = own_parts(node)
    used_up = {n for part in parts if isinstance(part, ast.Call) for n in _used_up(part)}
    return any(isinstance(n, ast.Lambda | ast.GeneratorExp) and n not in used_up for n in parts)


def _used_up(call: ast.Call) -> list[ast.expr]:
    """Return the arguments that a call is done with when it returns."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ast.unparse(call.func)
    return [*call.args, *(k.value for k in call.keywords)] if name in _AT_ONCE else []


def _read_by(statement: ast.stmt) -> set[str]:
    """Return the variables that a statement itself reads, without the statements inside it."""
    if isinstance(statement, ast.FunctionDef):
        return set()
    names = set().union(*(free_names(e) for e in ast.iter_child_nodes(statement) if isinstance(e, ast.expr)))
    if isinstance(statement, ast.Assign | ast.For):
        targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
        names |= set().union(*(_bases(t) for t in targets))
    if isinstance(statement, ast.AugAssign):
        names |= set(stored_names(statement.target))
    return names


def _changed_in(parts: Iterable[ast.AST]) -> set[str]:
    """Return the variables that pieces of syntax change in place, or set within an expression."""
    changed: set[str] = set()
    for part in parts:
        match part:
            case ast.Call(ast.Attribute(owner, method)) if method in CHANGING:
                changed |= free_names(owner)
        match part:
            case ast.Call(ast.Attribute(attr=name) | ast.Name(name), args) if name in _OF_ARGUMENTS:
                changed |= set().union(*map(free_names, args))
            case ast.Assign(targets):
                changed |= set().union(*(_bases(t) for t in targets))
            case ast.AugAssign(target):
                changed |= free_names(target) | set(stored_names(target))
            case ast.NamedExpr(ast.Name(name)):
                changed.add(name)
            case ast.Global(names) | ast.Nonlocal(names):
                changed |= set(names)
    return changed


def _bases(target: ast.AST) -> set[str]:
    """Return the variables into whose objects an assignment writes: d of `d[k] = v`."""
    written = [n.value for n in ast.walk(target) if isinstance(n, _PLACE)]
    return set().union(*map(free_names, written))


def _held(node: ast.AST) -> list[tuple[set[str], set[str]]]:
    """Return pairs of variables that hold, and variables whose objects they hold or are."""
    match node:
        case ast.Assign(targets, value):
            names = set(stored_names(*targets)).union(*map(_bases, targets))
            return [(names, _shared(value))]
        case ast.NamedExpr(ast.Name(name), value):
            return [({name}, _shared(value))]
        case ast.For(target, value) | ast.comprehension(target, value):
            return [(_shared(value), set(stored_names(target)))]
        case ast.Call(ast.Attribute(owner, method), args) if method in CHANGING:
            return [(free_names(owner), set().union(*map(_shared, args)))]
    return []


def _changes_inside(node: ast.AST) -> bool:
    """Tell whether a piece of syntax changes an object through another that holds it: `d[k].append(x)`."""
    match node:
        case ast.Call(ast.Attribute(owner, method)) if method in CHANGING:
            return not isinstance(owner, ast.Name)
        case ast.Assign() | ast.AugAssign():
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            written = [n.value for t in targets for n in ast.walk(t) if isinstance(n, _PLACE)]
            return any(not isinstance(owner, ast.Name) for owner in written)
    return False


def _shared(value: ast.expr) -> set[str]:
    """Return the variables whose objects a value may be, or may hold."""
    match value:
        case ast.Constant() | ast.Compare() | ast.JoinedStr():
            return set()
        case ast.Call(ast.Name(name) | ast.Attribute(attr=name)) if name in _FRESH:
            return set()
    return free_names(value)


def _makes_iterator(value: ast.expr) -> bool:
    calls = [n.func for n in ast.walk(value) if isinstance(n, ast.Call)]
    names = {
        c.id if isinstance(c, ast.Name) else c.attr if isinstance(c, ast.Attribute) else "" for c in calls
    }
    return bool(names & _ITERATORS) or any(isinstance(n, ast.GeneratorExp) for n in ast.walk(value))
