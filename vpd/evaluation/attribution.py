"""Whose mistake a wrong answer is: the program's or the tools', told apart by running it with exact tools.

    right            right as run, and with tools that know the truth
    lucky            right as run, wrong with exact tools
    tool_error       wrong as run, right with exact tools
    program_error    wrong as run, and with exact tools
    tool_failure     no answer as run, right with exact tools
    program_failure  no answer as run, and wrong or none with exact tools
    crash            the sandbox or a tool broke in one of the two runs, so nothing is known

A program that asks for what the exact tools do not know either, such as text in the picture, is held at
fault. Only runs on generated scenes can be told apart; nothing here decides what is kept.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
import polars as pl

from vpd.datasets.scenes.world import Scene
from vpd.evaluation.questions import QuestionSet
from vpd.execution.engine import EngineSettings, open_engine
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.records import PROGRAMS, TRACES, Question, Trace
from vpd.scoring.score import is_right
from vpd.store import ArtifactStore
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture

Fault = Literal["right", "lucky", "tool_error", "program_error", "tool_failure", "program_failure", "crash"]
IN_FLIGHT = 16  # as fast as 64 with tools that answer at once, and started in a quarter of the time
FAULTS: tuple[Fault, ...] = get_args(Fault)


@dataclass(frozen=True)
class Rerun:
    """A run of a program on a question's picture, and what the same program does with exact tools."""

    question: Question
    trace: Trace
    exact: Run
    scene: Scene

    @property
    def fault(self) -> Fault:
        """Whose mistake it is."""
        if "crash" in (self.trace.outcome, self.exact.outcome):
            return "crash"
        with_truth = self._right(self.exact.answer)
        if self.trace.answer is None:
            return "tool_failure" if with_truth else "program_failure"
        if self._right(self.trace.answer):
            return "right" if with_truth else "lucky"
        return "tool_error" if with_truth else "program_error"

    def _right(self, answer: str | None) -> bool:
        return answer is not None and is_right(answer, self.question.answers, self.question.choices)


def rerun(store: ArtifactStore, asked: QuestionSet, scenes: Mapping[str, Scene]) -> Iterator[Rerun]:
    """Yield every run of the questions whose pictures have a scene, shard by shard, run again on it.

    Nobody looks at pixels, so no picture is decoded. Runs of programs that are gone are left out. Raises
    MissingShardError if programs or traces are gone, SandboxError if the sandbox does not work.
    """
    with open_engine(oracle_toolset(scenes), EngineSettings(in_flight=IN_FLIGHT)) as engine:
        for shard in sorted(set(asked.shard_of.values())):
            for job, exact in engine.run(_jobs(store, shard, asked, scenes)):
                question, trace = job.tag
                yield Rerun(question, trace, exact, scenes[question.image_id])


def _jobs(store: ArtifactStore, shard: str, asked: QuestionSet, scenes: Mapping[str, Scene]) -> Iterator[Job]:
    questions = {i: q for i, q in asked.by_id.items() if q.image_id in scenes}
    # What ran of candidates with one program is the first by sample index, so that is set last.
    programs = PROGRAMS.rows(store.read_shard(PROGRAMS, shard).sort("sample_index", descending=True))
    sources = {(c.asks, c.program_id): c.source for c in programs}
    runs = store.read_shard(TRACES, shard).filter(pl.col("question_id").is_in(list(questions)))
    for trace in TRACES.rows(runs):
        question = questions[trace.question_id]
        source = sources.get((question.asks, trace.program_id))
        if source is None:  # programs were sampled anew since
            continue
        scene = scenes[question.image_id]
        blank = Picture(question.image_id, np.zeros((scene.height, scene.width, 3), np.uint8))
        yield Job(source, blank, (question, trace))
