"""A tool set before it is opened: which methods programs may call, and what the language model is told.

Not here: which tool sets there are (`vpd.tools.toolset`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from vpd.tools.api_text import api_text
from vpd.tools.examples import WorkedExample
from vpd.tools.methods import IMAGE_PATCH, Method, Plain
from vpd.tools.protocol import Tool, ToolFailure, ToolSet

Refuses = Callable[[str, tuple[Plain, ...]], ToolFailure | None]


def refuses_nothing(_method: str, _args: tuple[Plain, ...]) -> ToolFailure | None:
    """Say that no method refuses arguments, as far as can be known without the tools."""
    return None


@dataclass(frozen=True)
class ToolSetSpec:
    """A tool set that can be opened.

    `open_tools` returns the tools by method name; `full_batch` as in ToolSet. `examples` and `notes` go into
    the prompt. `name` is how it was found. `refuses` says what a method would refuse by its arguments alone,
    whatever the picture, without loading a model: refuses("find", ("unicorn",)).
    """

    open_tools: Callable[[], Mapping[str, Tool]]
    methods: Mapping[str, Method]
    examples: tuple[WorkedExample, ...]
    full_batch: int = 32
    notes: str = ""
    name: str = ""
    refuses: Refuses = refuses_nothing

    def open(self) -> ToolSet:
        """Load the tools. Raises ConfigError or ModelFileError that says what is missing."""
        return ToolSet(self.name, self.open_tools(), self.full_batch, {**IMAGE_PATCH, **self.methods})

    def prompt_text(self) -> str:
        """Return what the language model is told of the set: its API, and notes on its vocabulary."""
        notes = f"\n\n{self.notes}" if self.notes else ""
        return api_text(self.methods.values()) + notes

    def plus(self, method: Method, open_tool: Callable[[], Tool], *examples: WorkedExample) -> "ToolSetSpec":
        """Return this set with one more method, or another tool for one that it has, and more examples."""
        return replace(
            self,
            open_tools=lambda: {**self.open_tools(), method.name: open_tool()},
            methods={**self.methods, method.name: method},
            examples=(*self.examples, *examples),
            refuses=lambda name, args: None if name == method.name else self.refuses(name, args),
        )
