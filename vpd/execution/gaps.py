"""What Python has and the sandbox's subset of it lacks, found before a program runs.

Left to the sandbox, these would raise NameError, AttributeError or ImportError in the program, which it could
catch and go on where Python would not have raised. So a program that contains one is `unsupported`, by name.
The tables are those of pydantic-monty 1.4; a test holds them against the installed one.
"""

import ast
from collections.abc import Iterator

from vpd.execution.names import words

BUILTINS = words(
    "BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError "
    "ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning "
    "EOFError EncodingWarning EnvironmentError ExceptionGroup FloatingPointError FutureWarning GeneratorExit "
    "IOError ImportWarning IndentationError InterruptedError PendingDeprecationWarning ProcessLookupError "
    "ReferenceError ResourceWarning RuntimeWarning StopAsyncIteration SyntaxWarning SystemError TabError "
    "UnicodeError UnicodeTranslateError UnicodeWarning UserWarning Warning aiter anext ascii bytearray "
    "callable classmethod delattr dir issubclass memoryview staticmethod super"
)
METHODS = words(
    "format_map maketrans translate difference_update intersection_update symmetric_difference_update "
    "as_integer_ratio bit_count bit_length conjugate from_bytes fromhex is_integer to_bytes"
)
MEMBERS = {
    "collections": words("ChainMap OrderedDict UserDict UserList UserString"),
    "dataclasses": words("Field InitVar KW_ONLY asdict astuple fields make_dataclass replace"),
    "functools": words(
        "cached_property cmp_to_key partialmethod singledispatch singledispatchmethod total_ordering "
        "update_wrapper wraps"
    ),
    "json": words("JSONDecoder JSONEncoder"),
    "random": words("SystemRandom"),
    "re": words("L LOCALE RegexFlag U UNICODE VERBOSE X purge subn template"),
}
_OF_TYPES = frozenset(m for kind in (str, list, dict, set, tuple) for m in dir(kind)) - {"find", "index"}


def gaps(node: ast.AST) -> Iterator[str]:
    """Yield what this node needs and the sandbox lacks; names that the program binds itself included."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in BUILTINS:
        yield f"'{node.id}'"
    elif isinstance(node, ast.Attribute):
        module = node.value.id if isinstance(node.value, ast.Name) else ""
        if node.attr in METHODS or node.attr in MEMBERS.get(module, ()):
            yield f"'{node.attr}'"
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if any("\ud800" <= character <= "\udfff" for character in node.value):
            yield "half a surrogate pair in a text"
    elif isinstance(node, ast.ImportFrom):
        missing = MEMBERS.get(node.module or "", frozenset()) | {"*"}
        yield from (f"'from {node.module} import {a.name}'" for a in node.names if a.name in missing)
    elif isinstance(node, ast.Try):
        leaves = (ast.Return, ast.Break, ast.Continue)
        if any(isinstance(inner, leaves) for last in node.finalbody for inner in ast.walk(last)):
            yield "leaving a 'finally' block"
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and len(node.args) > 1:
        name = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
        if node.func.id in ("getattr", "hasattr") and name in _OF_TYPES:
            yield f"{node.func.id} of a builtin type's '{name}'"
