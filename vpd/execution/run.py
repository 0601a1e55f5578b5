"""One program on one picture, from its first line to its typed outcome.

    answered     it returned a value that is an answer (`vpd.execution.answer`)
    syntax       the text is no Python, or defines no execute_command(image)
    unsupported  it needs a construct, module or callback that the sandbox does not have
    policy       it contains what no program may contain (`vpd.execution.policy`)
    vocabulary   it used a name that a tool does not know. That raises LookupError in the program, which may
                 catch it and go on
    runtime      it raised, or returned something that is no answer. A bad argument raises TypeError or
                 ValueError in the program, which may catch it and go on
    budget       it reached a limit (`vpd.execution.limits`)
    crash        not its fault: the sandbox worker died or a tool failed. No program can catch that

A run that ended by budget or crash keeps no events, since where it was stopped may depend on the machine.
"""

import time
from dataclasses import dataclass
from typing import Any

from pydantic_monty import ExcType

from vpd.execution.answer import NoAnswer, answer_text
from vpd.execution.arguments import BadArgument, crop_box
from vpd.execution.cache import Answer, CallKey
from vpd.execution.gateway import ToolCall, ToolGateway
from vpd.execution.instrument import instrument
from vpd.execution.limits import Limit
from vpd.execution.program import ENTRY, ProgramProblem
from vpd.execution.recorder import OverBudget, Recorder
from vpd.execution.sandbox import Sandbox
from vpd.execution.session import Finished, HostCall, SandboxSession, Stopped, Turn
from vpd.execution.trace import Outcome, PatchRef, Run, Value
from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolFailure

_NO_EVENTS = ("budget", "crash")


@dataclass(frozen=True, eq=False)
class Job:
    """A program to run on a picture; `tag` comes back with the result."""

    source: str
    picture: Picture
    tag: Any = None


@dataclass
class _Waiting:
    line: int
    patch: PatchRef
    call: ToolCall


class ProgramRun:
    """Drives one session between tool calls. `call` is the call it waits for, `result` its end."""

    def __init__(self, job: Job, sandbox: Sandbox, gateway: ToolGateway) -> None:
        self.job = job
        self.result: Run | None = None
        self._sandbox, self._gateway = sandbox, gateway
        self._session: SandboxSession | None = None
        self._waiting: _Waiting | None = None
        self._distinct: set[CallKey] = set()
        self._calls = self._cached = self._host_calls = 0
        self._unknown_name: str | None = None
        self._started = time.perf_counter()
        program = instrument(job.source, gateway.asking)
        sites = () if isinstance(program, ProgramProblem) else program.sites
        whole = Box(0.0, 0.0, float(job.picture.width), float(job.picture.height))
        self._recorder = Recorder(sites, whole, sandbox.limits)
        if isinstance(program, ProgramProblem):
            self._end(program.outcome, message=program.message, line=program.line)
        else:
            self._program = program

    @property
    def call(self) -> ToolCall | None:
        """The tool call that the program waits for."""
        return self._waiting.call if self._waiting is not None else None

    def start(self) -> None:
        """Run to the first tool call or the end."""
        if self.result is None:
            entry = f"_vpd_main({ENTRY}, {self.job.picture.width}, {self.job.picture.height})"
            self._session, turn = self._sandbox.start(self._program.code, entry)
            self._drive(turn)

    def resume(self, answer: Answer, cached: bool) -> None:
        """Take the answer to the waiting call, and run to the next one or the end."""
        waiting, self._waiting = self._waiting, None
        assert waiting is not None
        assert self._session is not None
        self._calls += 1
        self._cached += cached
        args = waiting.call.request.args
        try:
            value = self._recorder.tool(waiting.line, waiting.call.method, waiting.patch, args, answer)
        except OverBudget as error:
            return self._end("budget", message=str(error), limit=error.limit)
        if isinstance(answer, ToolFailure) and answer.kind == "error":
            return self._end("crash", message=f"tool {waiting.call.method.name} failed: {answer.message}")
        if isinstance(answer, ToolFailure):
            kind: ExcType = "LookupError" if answer.kind == "vocabulary" else "ValueError"
            self._unknown_name = answer.message if answer.kind == "vocabulary" else None
            return self._drive(self._session.throw(kind, answer.message))
        return self._drive(self._session.resume(_to_sandbox(value)))

    def close(self, *, discard: bool = False) -> None:
        """Give up the session, if there is one; with `discard` its worker too."""
        if self._session is not None:
            self._session.close(discard=discard)
            self._session = None

    def _drive(self, turn: Turn) -> None:
        """Serve what needs no tool, until the program waits for a tool or ends."""
        assert self._session is not None
        try:
            while isinstance(turn, HostCall):
                try:
                    reply = self._serve(turn.args)
                except BadArgument as error:
                    turn = self._session.throw(error.kind, str(error))
                    continue
                if self._waiting is not None:
                    return
                turn = self._session.resume(reply)
            self._finish(turn)
        except OverBudget as error:
            self._end("budget", message=str(error), limit=error.limit)

    def _serve(self, call: tuple[Any, ...]) -> Any:
        """Answer a host call, or note that it waits for a tool. Raises BadArgument and OverBudget."""
        self._host_calls += 1
        if self._host_calls > self._sandbox.limits.host_calls:
            raise OverBudget("host_calls", "called the host more often than its limit")
        if len(call) != 5 or not isinstance(call[0], str) or not isinstance(call[3], tuple):
            raise BadArgument("TypeError", "no such call")
        method, line, number, args, events = call
        self._recorder.report(events)
        if method == "flush":
            return None
        patch = self._recorder.patch(number)
        if patch is None:
            raise BadArgument("TypeError", "no such patch")
        if method == "crop":
            box = crop_box(args, self.job.picture.width, self.job.picture.height)
            return _to_sandbox(self._recorder.new_patch("region", box))
        known = type(line) is int and 0 < line <= self._program.source.count("\n") + 1
        self._wait(line if known else 0, patch, self._gateway.call(method, self.job.picture, patch.box, args))
        return None

    def _wait(self, line: int, patch: PatchRef, call: ToolCall) -> None:
        self._distinct.add(call.key)
        if len(self._distinct) > self._sandbox.limits.tool_calls:
            most = self._sandbox.limits.tool_calls
            raise OverBudget("tool_calls", f"made more than {most} distinct tool calls")
        self._waiting = _Waiting(line, patch, call)

    def _finish(self, turn: Finished | Stopped) -> None:
        if isinstance(turn, Stopped):
            self._recorder.report(turn.events)
            line = self._program.canonical_line(turn.line) if turn.line is not None else None
            unknown = turn.message.removeprefix("LookupError: ") == self._unknown_name
            outcome = "vocabulary" if unknown else turn.outcome
            return self._end(outcome, message=turn.message, line=line, limit=turn.limit)
        if not isinstance(turn.value, tuple) or len(turn.value) != 3:
            return self._end("crash", message="the sandbox worker gave no result of a program")
        kind, value, events = turn.value
        self._recorder.report(events)
        try:
            answer = answer_text(str(kind), value)
        except NoAnswer as error:
            return self._end("runtime", message=str(error))
        if len(answer) > self._sandbox.limits.output_characters:
            return self._end("budget", message="the answer is longer than its limit", limit="output")
        return self._end("answered", answer=answer)

    def _end(
        self,
        outcome: Outcome,
        answer: str | None = None,
        message: str | None = None,
        line: int | None = None,
        limit: Limit | None = None,
    ) -> None:
        self.close(discard=outcome == "budget")
        reached = () if outcome in _NO_EVENTS else self._recorder.events
        self.result = Run(
            outcome,
            answer,
            reached,
            message,
            line,
            tool_calls=self._calls,
            cached_calls=self._cached,
            seconds=time.perf_counter() - self._started,
            limit=limit,
        )


def _to_sandbox(value: Value) -> Any:
    """Return a tool's value as the prelude takes it: patches as (number, left, top, right, bottom)."""
    if isinstance(value, PatchRef):
        return value.number, value.box.left, value.box.top, value.box.right, value.box.bottom
    if isinstance(value, tuple):
        return [_to_sandbox(item) for item in value]
    return value
