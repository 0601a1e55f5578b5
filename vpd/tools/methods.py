"""The `ImagePatch` methods that tools answer: the one table, and what it takes to add to it.

A method is a signature with a docstring, the kind of tool that answers it, and how a rationale says its
answer. The prompt, the sandbox, the checks of arguments and results, traces and rationales all read it from
here, so a new one needs no edit anywhere else:

    def count_cells(self, stain: str) -> int:
        \"\"\"Return how many cells have this stain: count_cells("blue").\"\"\"
        ...

    COUNT_CELLS = Method.of(count_cells, kind="cells", says="{patch} has {value} {stain} cells")

Not here: what a tool is (`vpd.tools.protocol`), tool sets (`vpd.tools.toolset`).
"""

import ast
import inspect
import keyword
import string
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from vpd.errors import ConfigError
from vpd.tools.image_patch import ImagePatch

Plain = str | int | float | bool | None | tuple["Plain", ...]
ParameterType = Literal["str", "list[str]", "float", "int"]
ReturnType = Literal["list[ImagePatch]", "bool", "str", "float", "int"]

_PARAMETER_TYPES = ("str", "list[str]", "float", "int")
_RETURN_TYPES = ("list[ImagePatch]", "bool", "str", "float", "int")


@dataclass(frozen=True)
class Method:
    """One method.

    source:  its definition as Python text, docstring and `...`
    kind:    the kind of tool that answers it
    says:    a sentence for a rationale with the slots {patch}, {value} and the parameters' names
    denies:  the sentence instead, if there is one, where the answer is false, 0 or an empty text
    names:   for a method that returns patches, what they are called, with the parameters as slots
    looks:   whether the answer depends on the picture; if not, it is asked once for all pictures
    """

    name: str
    parameters: Mapping[str, ParameterType]
    returns: ReturnType
    source: str
    kind: str
    says: str = ""
    denies: str = ""
    names: str = ""
    looks: bool = True

    @staticmethod
    def of(
        function: Callable[..., Any],
        kind: str,
        *,
        says: str = "",
        denies: str = "",
        names: str = "",
        looks: bool = True,
    ) -> "Method":
        """Return the method that a function's signature and docstring describe; its body is not used.

        Parameters are of type str, list[str], float or int, without defaults; it returns a bool, str, float,
        int or list[ImagePatch]. Raises ConfigError that says what is wrong.
        """
        source = textwrap.dedent(inspect.getsource(function))
        [definition] = ast.parse(source).body
        if not isinstance(definition, ast.FunctionDef):
            raise ConfigError("a method is defined with `def`")
        name = definition.name
        parameters = _parameters(definition)
        returns = ast.unparse(definition.returns).strip("'\"") if definition.returns else "nothing"
        returns = returns.replace('"', "").replace("'", "")
        if returns not in _RETURN_TYPES:
            raise _wrong(name, f"returns {returns}; it may return {', '.join(_RETURN_TYPES)}")
        if name.startswith("_") or keyword.iskeyword(name):
            raise _wrong(name, "needs a public name")
        if not ast.get_docstring(definition):
            raise _wrong(name, "has no docstring: the language model reads it")
        for template, slots in ((says, {"patch", "value"}), (denies, {"patch"}), (names, set[str]())):
            unknown = _slots(template) - slots - set(parameters)
            if unknown:
                raise _wrong(name, f"has a sentence with the unknown slot {{{unknown.pop()}}}")
        if bool(names) is not (returns == "list[ImagePatch]"):
            raise _wrong(name, "needs `names` if, and only if, it returns patches")
        definition.body = definition.body[:1]
        text = ast.unparse(definition)
        return Method(name, parameters, returns, text, kind, says, denies, names, looks)  # type: ignore[arg-type]

    @property
    def returns_patches(self) -> bool:
        """Whether the answer is a list of patches."""
        return self.returns == "list[ImagePatch]"

    def named(self, args: Sequence[object]) -> str:
        """Return what the patches that a call with these arguments gives are called."""
        return self.names.format(**dict(zip(self.parameters, args, strict=True)))


def _parameters(definition: ast.FunctionDef) -> dict[str, ParameterType]:
    args = definition.args
    if args.defaults or args.kwonlyargs or args.vararg or args.kwarg or args.posonlyargs or not args.args:
        raise _wrong(definition.name, "takes self and plain parameters without defaults")
    found: dict[str, ParameterType] = {}
    for arg in args.args[1:]:
        kind = ast.unparse(arg.annotation) if arg.annotation else "nothing"
        if kind not in _PARAMETER_TYPES:
            raise _wrong(
                definition.name, f"has {arg.arg} of type {kind}; known are {', '.join(_PARAMETER_TYPES)}"
            )
        found[arg.arg] = kind  # type: ignore[assignment]
    return found


def _slots(template: str) -> set[str]:
    return {slot for _, slot, _, _ in string.Formatter().parse(template) if slot}


def _wrong(name: str, what: str) -> ConfigError:
    return ConfigError(f"the method {name} {what}")


def table(*methods: Method) -> dict[str, Method]:
    """Return methods by name."""
    return {method.name: method for method in methods}


IMAGE_PATCH: Mapping[str, Method] = table(
    Method.of(ImagePatch.find, "detect", names="{object_name}"),
    Method.of(ImagePatch.exists, "detect"),
    Method.of(ImagePatch.verify_property, "match"),
    Method.of(ImagePatch.simple_query, "ask"),
    Method.of(ImagePatch.best_text_match, "match"),
    Method.of(ImagePatch.compute_depth, "depth"),
    Method.of(
        ImagePatch.read_text,
        "read",
        says='the text in {patch} is "{value}"',
        denies="there is no text in {patch}",
    ),
    Method.of(ImagePatch.llm_query, "know", says='the answer to "{question}" is {value}', looks=False),
)
"""The built-in methods, in the order in which the prompt shows them."""
