"""What a program looks at and concludes, as an id: programs that do the same are one, whatever their text.

A call is known by its method, its arguments and the call that found the patch it is made on (or the whole
picture, or a crop's box). The id stands for all calls in all made-up worlds together, and the answer in each
world. So it does not depend on names, layout, the order of calls that need nothing of each other, or whether
a loop or a comprehension makes them. Which of several patches is asked shows in the answers alone.

Not here: equal texts (`vpd.execution.program`).
"""

from collections.abc import Iterator, Sequence

from vpd.execution.trace import PatchRef, Run, TraceEvent, Value
from vpd.records import stable_id

_WHOLE = "picture"


def call_graph(runs: Sequence[Run]) -> str | None:
    """Return the id of a program's runs, one for each world; None if none answered or one was too slow."""
    answers = [run.answer for run in runs]
    if not any(answer is not None for answer in answers) or any(run.limit == "seconds" for run in runs):
        return None
    return stable_id("calls", sorted({call for run in runs for call in _calls(run)}), answers)


def _calls(run: Run) -> Iterator[str]:
    """Yield the id of each tool call."""
    finder = {0: _WHOLE}
    for event in run.events:
        if event.kind != "tool" or event.patch is None:
            continue
        call = stable_id(
            event.name, _plain(event.args), finder.get(event.patch.number) or _region(event.patch)
        )
        finder |= {patch.number: call for patch in _patches(event)}
        yield call


def _patches(event: TraceEvent) -> list[PatchRef]:
    found = event.value if isinstance(event.value, tuple) else ()
    return [value for value in found if isinstance(value, PatchRef)]


def _plain(value: Value) -> object:
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return round(value, 2) if isinstance(value, float) else value


def _region(patch: PatchRef) -> list[int]:
    """Return the box of a crop in whole pixels."""
    return [round(edge) for edge in (patch.box.left, patch.box.top, patch.box.right, patch.box.bottom)]
