"""Which program runs, which call is asked next: the live programs of one `Engine.run`.

A program runs until it calls a tool. An answer in the cache lets it go on at once; a call that another
program waits for already is joined; any other call waits in its method's queue. A queue is asked when it
fills a batch, or when every live program waits: then nothing could fill it. No timers.

Tools run in a thread of their own. One that does not answer within its time is left behind: its calls are
asked again one by one, so that only the call it hangs on fails.

Threads: everything here happens under one lock, but running programs and asking tools.
"""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial

from vpd.errors import ToolError
from vpd.execution.cache import Answer, ToolCache
from vpd.execution.counters import Counters
from vpd.execution.gateway import ToolCall, ToolGateway
from vpd.execution.run import Job, ProgramRun
from vpd.execution.tool_thread import ToolThread
from vpd.execution.trace import Run
from vpd.execution.waiting import WaitingCalls
from vpd.tools.protocol import ToolFailure

_MOST_HANGING = 8  # threads left behind before the tools count as broken


@dataclass(eq=False)
class _Batch:
    calls: list[ToolCall]
    deadline: float
    left_behind: bool = False


@dataclass
class Shared:
    """What the runs of one engine share."""

    gateway: ToolGateway
    cache: ToolCache
    threads: ThreadPoolExecutor
    tools: ToolThread
    tool_seconds: float
    in_flight: int
    runnable: int
    """Programs that need to be able to run, for the threads to be busy; more only cost memory bandwidth."""
    counters: Counters = field(default_factory=Counters)
    left_behind: int = 0


class Scheduler:
    """Programs between admission and end. Programs are known by the number of their job."""

    def __init__(self, shared: Shared) -> None:
        self._shared = shared
        self._changed = threading.Condition()
        self._live: dict[int, ProgramRun] = {}
        self._running = 0
        self._ended: dict[int, tuple[Job, Run]] = {}
        self._waiting = WaitingCalls(shared.gateway.toolset.full_batch)
        self._batches: set[_Batch] = set()
        self._admitting = self._more = False
        self._failure: BaseException | None = None

    @property
    def pending(self) -> int:
        """Programs that were admitted and that `wait` has not returned."""
        with self._changed:
            return len(self._live) + len(self._ended)

    @property
    def room(self) -> bool:
        """Whether to admit a program: rather let live ones run, if enough of them can."""
        return len(self._live) < self._shared.in_flight and self._running < self._shared.runnable

    def admit(self, number: int, program: ProgramRun) -> None:
        """Start a program. Until `settle`, only full batches are asked."""
        with self._changed:
            self._admitting = True
            self._live[number] = program
            self._run(number, program.start)

    def settle(self) -> None:
        """Say that for now no more programs are admitted."""
        with self._changed:
            self._admitting = False
            self._ask()

    def wait(self, *, more: bool) -> dict[int, tuple[Job, Run]]:
        """Wait until there is room, or without `more` until a program ended; return those that ended.

        With `more`, others will be admitted, so batches that are not full wait for these. Raises what went
        wrong with the sandbox or the tools themselves.
        """
        with self._changed:
            self._more = more
            while self._live and not self._is_news():
                self._changed.wait(self._until_deadline())
                self._leave_hanging_behind()
            self._more = False
            if self._failure is not None:
                raise self._failure
            ended, self._ended = self._ended, {}
            return ended

    def close(self) -> None:
        """Give up what is still live, once no thread is at it."""
        with self._changed:
            self._failure = self._failure or RuntimeError("the run was given up")
            while self._running or self._batches:
                self._changed.wait(self._until_deadline())
                for batch in self._overdue():
                    self._leave_behind(batch)
            for program in self._live.values():
                program.close()
            self._live.clear()

    def _wants_more(self) -> bool:
        return self._more and self.room

    def _is_news(self) -> bool:
        """Tell whether `wait` has something to return for. Waking it for less costs a switch of threads."""
        return self._failure is not None or self._wants_more() or (bool(self._ended) and not self._more)

    def _tell(self) -> None:
        if self._is_news() or not self._live:
            self._changed.notify_all()

    def _run(self, number: int, step: Callable[[], None]) -> None:
        self._running += 1
        self._shared.threads.submit(self._step, number, step)

    def _step(self, number: int, step: Callable[[], None] | None) -> None:
        """Run a program until it waits for a tool or ends. In a program thread."""
        program = self._live[number]
        started = time.perf_counter()
        failure: BaseException | None = None
        while step is not None:
            try:
                step()
            except BaseException as error:
                failure = error
            with self._changed:
                step = self._next_step(number, program, failure)
                if step is None:
                    self._shared.counters.program_seconds += time.perf_counter() - started

    def _next_step(
        self, number: int, program: ProgramRun, failure: BaseException | None
    ) -> Callable[[], None] | None:
        """Return what a program does next, or None if it waits, ended or broke."""
        if failure is None and program.call is not None:
            answer = self._answer(number, program.call)
            if answer is not None:
                return partial(program.resume, answer, cached=True)
        elif program.result is not None:
            self._ended[number] = program.job, program.result
            del self._live[number]
        self._failure = self._failure or failure
        self._running -= 1
        self._admitting = self._admitting or self._wants_more()
        self._ask()
        self._tell()
        return None

    def _answer(self, number: int, call: ToolCall) -> Answer | None:
        """Return the answer from the cache, or None and let the program wait for it."""
        self._shared.counters.calls += 1
        answer = self._shared.cache.get(call.key)
        if answer is not None:
            self._shared.counters.cached += 1
            return answer
        self._shared.counters.cached += self._waiting.add(number, call)
        return None

    def _ask(self) -> None:
        """Ask the next batch, if there is one and the tools are free."""
        if self._shared.tools.free and self._failure is None:
            calls = self._waiting.next_batch(may_grow=self._running > 0 or self._admitting)
            if not calls:
                return
            batch = _Batch(calls, time.monotonic() + self._shared.tool_seconds)
            self._batches.add(batch)
            self._shared.tools.submit(partial(self._serve, batch))

    def _serve(self, batch: _Batch) -> bool:
        """Ask a tool and let the programs go on. In a tool thread; False if it was left behind."""
        started = time.perf_counter()
        answers: Sequence[Answer] = ()
        try:
            answers = self._shared.gateway.ask(batch.calls)
        except BaseException as error:  # SystemExit of a tool, say
            with self._changed:
                self._failure = self._failure or error
        with self._changed:
            if batch.left_behind:
                return False
            self._shared.counters.batches += 1
            self._shared.counters.tool_seconds += time.perf_counter() - started
            self._deliver(batch, answers)
            self._shared.tools.free = True
            self._ask()
            self._tell()
            return True

    def _deliver(self, batch: _Batch, answers: Sequence[Answer]) -> None:
        self._batches.discard(batch)
        if self._failure is not None:
            return
        self._shared.cache.put({c.key: a for c, a in zip(batch.calls, answers, strict=True)})
        for call, answer in zip(batch.calls, answers, strict=True):
            first, *others = self._waiting.answered(call)
            self._go_on(first, answer, cached=False)
            for number in others:
                self._go_on(number, answer, cached=True)

    def _go_on(self, number: int, answer: Answer, *, cached: bool) -> None:
        program = self._live[number]
        self._run(number, partial(program.resume, answer, cached))

    def _until_deadline(self) -> float:
        """Return the seconds until a batch may be overdue; one that is asked meanwhile cannot be earlier."""
        now = time.monotonic()
        deadlines = [batch.deadline for batch in self._batches]
        return max(0.0, min(deadlines, default=now + self._shared.tool_seconds) - now)

    def _overdue(self) -> list[_Batch]:
        now = time.monotonic()
        return [batch for batch in self._batches if batch.deadline <= now]

    def _leave_behind(self, batch: _Batch) -> None:
        batch.left_behind = True
        self._batches.discard(batch)
        self._shared.left_behind += 1
        self._shared.tools.replace()

    def _leave_hanging_behind(self) -> None:
        """Give up batches that took too long: several calls are asked again alone, a single one fails."""
        for batch in self._overdue():
            self._leave_behind(batch)
            method = batch.calls[0].method.name
            message = f"{method} gave no answer within {self._shared.tool_seconds:g} s"
            if self._shared.left_behind > _MOST_HANGING:
                version = self._shared.gateway.toolset.tools[method].card.version
                self._failure = ToolError(f"tool {version} hangs: {message}, again and again; restart it")
            elif len(batch.calls) > 1:
                self._waiting.split(batch.calls)
            else:
                self._deliver(batch, [ToolFailure("error", message)])
            self._ask()
