"""The rehearsal: a program is run in the real sandbox in every made-up world, and what went wrong is told.

    vocabulary  a tool refuses, by the arguments alone, what it is asked, and the program does not catch that
    runtime     it raises in every world, or in some world what no picture can excuse
    budget      it reaches a limit in some world; that of time in every world
    blind       no world is looked at
    answer      it returns something that is no answer, or of another kind than the question asks for

An index out of range, an empty sequence, a missing key and None where a patch should be are excused if some
world answers: the question may presuppose the object. So is, for the same reason, returning nothing, but
where the question asks for yes or no or a number. A program that reads texts is excused in every world: it
may wait for one that none has, such as `if sign.read_text() == "BUS"`.

Not here: the worlds (`vpd.review.worlds`).
"""

import re
from collections.abc import Mapping, Sequence

from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.execution.trace import Run, TraceEvent
from vpd.review.answer_check import wrong_answer
from vpd.review.answer_type import answer_type
from vpd.review.finding import Finding, found
from vpd.review.worlds import PICTURES
from vpd.tools.methods import Method
from vpd.tools.spec import Refuses

_NEVER_EXCUSED = re.compile(r"(?:TypeError|AttributeError|NameError|ImportError|LookupError): (?!.*NoneType)")
_NO_ANSWER = "execute_command returned"
_HINTS = {
    "'ImagePatch' is not a container": ": nothing is in a patch; "
    "a.overlaps_with(b) tells whether two share any area",
}
_WRONG_TYPE, _NOTHING = f"{_NO_ANSWER} a value of type", f"{_NO_ANSWER} nothing"


def rehearse(engine: Engine, sources: Sequence[str]) -> list[tuple[Run, ...]]:
    """Run programs in all worlds; return the runs of each, in the order of the worlds."""
    jobs = (Job(source, picture) for source in sources for picture in PICTURES)
    runs = [run for _, run in engine.run(jobs)]
    each = len(PICTURES)
    return [tuple(runs[start : start + each]) for start in range(0, len(runs), each)]


def first_failure(
    source: str, runs: Sequence[Run], methods: Mapping[str, Method], refuses: Refuses
) -> Finding | None:
    """Return what went wrong in a program's runs, whatever its question, or None."""
    for run in runs:
        finding = _failure(source, run, refuses)
        if finding is not None:
            return finding
    if all(run.limit == "seconds" for run in runs):
        return _over_budget(source, runs[0])
    if all(run.outcome == "runtime" for run in runs):
        hangs_on_texts = any(_reads(event, methods) for run in runs for event in run.events)
        return None if hangs_on_texts else _in_every_world(source, runs[0])
    if not any(_looks(event, methods) for run in runs for event in run.events):
        looking = ", ".join(name for name, method in methods.items() if method.looks)
        return found("blind", f"it does not look at the picture: it calls none of {looking}", source, None)
    return None


def wrong_kind(source: str, runs: Sequence[Run], question: str, choices: Sequence[str]) -> Finding | None:
    """Return a finding if a run's answer is of another kind than the question asks for."""
    closed = answer_type(question, choices) in ("yes or no", "number")
    if closed and any(_message(run) == _NOTHING for run in runs):
        what = "in a trial run nothing was returned: return an answer on every path"
        return found("answer", what, source, None)
    answered = [run for run in runs[:-1] if run.answer is not None]
    message = wrong_answer(question, choices, [run.answer or "" for run in answered])
    if not message:
        return None
    wrong = next(run for run in answered if wrong_answer(question, choices, [run.answer or ""]))
    return found("answer", message, source, _last_line(wrong))


def _over_budget(source: str, run: Run) -> Finding:
    what = f"it {_message(run)}: look for a loop that does not end, or a function that calls itself"
    return found("budget", what, source, None)


def _in_every_world(source: str, run: Run) -> Finding:
    message = _message(run)
    if message.startswith(_NO_ANSWER):
        return found("answer", f"{message}: return a short text", source, _last_line(run))
    return _raises(message, source, run.line)


def _raises(message: str, source: str, line: int | None) -> Finding:
    hint = next((hint for words, hint in _HINTS.items() if words in message), "")
    return found("runtime", f"it raises {message}{hint}", source, line)


def _failure(source: str, run: Run, refuses: Refuses) -> Finding | None:
    """Return what is wrong with a program, by one run, or None."""
    message = _message(run)
    if run.outcome in ("syntax", "unsupported", "policy"):
        return found(run.outcome, message, source, run.line)
    if run.outcome == "budget" and run.limit != "seconds":  # on a busy machine any run may be slow
        return _over_budget(source, run)
    if run.outcome != "runtime" and run.outcome != "vocabulary":
        return None
    refused = _refused(run, refuses)
    if refused is not None:
        return found("vocabulary", message.partition(": ")[2], source, refused.line)
    if _NEVER_EXCUSED.match(message):
        return _raises(message, source, run.line)
    if message.startswith(_WRONG_TYPE):
        return found("answer", f"{message}: return a short text", source, _last_line(run))
    return None


def _refused(run: Run, refuses: Refuses) -> TraceEvent | None:
    """Return the call whose refusal ended a run, if one did."""
    asked = next((event for event in reversed(run.events) if event.kind == "tool"), None)
    failure = refuses(asked.name, asked.args) if asked is not None else None  # type: ignore[arg-type]
    said = _message(run).partition(": ")[2]
    return asked if failure is not None and said and failure.message.startswith(said) else None


def _reads(event: TraceEvent, methods: Mapping[str, Method]) -> bool:
    return event.kind == "tool" and methods[event.name].returns == "str"


def _looks(event: TraceEvent, methods: Mapping[str, Method]) -> bool:
    return event.kind == "tool" and methods[event.name].looks


def _last_line(run: Run) -> int | None:
    """Return the line of the last step: of the return, if there was one."""
    return run.events[-1].line if run.events else None


def _message(run: Run) -> str:
    return run.message or ""
