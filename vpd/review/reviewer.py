"""The reviewer: reads programs, tries them out, and says of each what is wrong with it first.

    with open_reviewer(SCENES) as reviewer:
        [review] = reviewer.review("How many cubes are there?", [text])

No picture is needed and no model is loaded; the sandbox starts with the first program that reads well.
"""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from threading import Lock

from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.limits import Limits
from vpd.execution.program import Program, ProgramProblem, canonical
from vpd.execution.syntax import parse
from vpd.execution.trace import Run
from vpd.review.call_graph import call_graph
from vpd.review.finding import Finding, found
from vpd.review.loops import first_endless
from vpd.review.rehearsal import first_failure, rehearse, wrong_kind
from vpd.review.static import first_fault
from vpd.review.worlds import made_up_tools
from vpd.tools.spec import ToolSetSpec

VERSION = "review@1"  # raise it with every change in this folder that can change a finding or a call graph
_LIMITS = Limits(memory_bytes=32 * 2**20, host_calls=400, tool_calls=100, events=2000)
_SETTINGS = EngineSettings(in_flight=4, cache_entries=20_000, limits=_LIMITS)


@dataclass(frozen=True)
class Review:
    """What is known of one text.

    program:    the program in it, if it is one
    finding:    the first thing that is wrong, if anything
    call_graph: what it looks at and concludes (`vpd.review.call_graph`), if it answers in some world
    """

    program: Program | None
    finding: Finding | None
    call_graph: str | None


class Reviewer:
    """Reviews programs for one tool set. Safe for use by several threads."""

    version = VERSION

    def __init__(self, spec: ToolSetSpec) -> None:
        self._spec = spec
        self._lock = Lock()
        self._opened = ExitStack()
        self._engine: Engine | None = None

    def review(self, question: str, texts: Sequence[str], choices: Sequence[str] = ()) -> list[Review]:
        """Review what a language model wrote for a question, each text once; one review per text, in order.

        Raises SandboxError if the sandbox does not work.
        """
        read = {text: self._read(text) for text in texts}
        clean = [review.program.source for review in read.values() if review.program and not review.finding]
        runs = self._rehearse(list(dict.fromkeys(clean)))
        reviewed = {
            text: self._judged(review.program, runs[review.program.source], question, choices)
            if review.program and not review.finding
            else review
            for text, review in read.items()
        }
        return [reviewed[text] for text in texts]

    def close(self) -> None:
        """Stop the sandbox."""
        self._opened.close()

    def _read(self, text: str) -> Review:
        """Review a text without running it."""
        program = canonical(text)
        if isinstance(program, ProgramProblem):
            return Review(None, _problem(text, program), None)
        tree = parse(program.source)
        fault = first_fault(tree, self._spec.methods)
        if fault is not None:
            return Review(program, found("names", fault.message, program.source, fault.line), None)
        endless = first_endless(tree)
        if endless is not None:
            return Review(program, found("loops", endless.message, program.source, endless.line), None)
        return Review(program, None, None)

    def _rehearse(self, sources: list[str]) -> dict[str, tuple[Run, ...]]:
        if not sources:
            return {}
        with self._lock:
            if self._engine is None:
                self._engine = self._opened.enter_context(open_engine(made_up_tools(self._spec), _SETTINGS))
            return dict(zip(sources, rehearse(self._engine, sources), strict=True))

    def _judged(
        self, program: Program, runs: tuple[Run, ...], question: str, choices: Sequence[str]
    ) -> Review:
        failure = first_failure(program.source, runs, self._spec.methods, self._spec.refuses)
        finding = failure or wrong_kind(program.source, runs, question, choices)
        return Review(program, finding, call_graph(runs))


def _problem(text: str, problem: ProgramProblem) -> Finding:
    """Return the finding of a text that is no program; only lines of a syntax problem count in the text."""
    written = text if problem.outcome == "syntax" and "```" not in text else ""
    return found(problem.outcome, problem.message, written, problem.line)


@contextmanager
def open_reviewer(spec: ToolSetSpec) -> Iterator[Reviewer]:
    """Yield a reviewer of programs for a tool set. Loads no model; the sandbox starts when it is needed."""
    reviewer = Reviewer(spec)
    try:
        yield reviewer
    finally:
        reviewer.close()
