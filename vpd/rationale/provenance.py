"""What ties an example to the run behind it: its id, and the program text whose names the trace uses."""

from collections.abc import Iterable, Mapping

from vpd.records import Candidate, stable_id

Asked = tuple[str, tuple[str, ...]]


def example_id(question_id: str, mode: str, target: str) -> str:
    """Return the id of an example; another target has another one."""
    return stable_id("example", question_id, mode, target)


def executed_sources(candidates: Iterable[Candidate]) -> Mapping[tuple[Asked, str | None], str]:
    """Return the source that was executed for each text and program: the first by sample index.

    Candidates of one program differ in the names of variables, which the events of its trace use.
    """
    executed: dict[tuple[Asked, str | None], str] = {}
    for candidate in sorted(candidates, key=lambda c: c.sample_index):
        executed.setdefault((candidate.asks, candidate.program_id), candidate.source)
    return executed
