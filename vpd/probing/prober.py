"""Runs programs on other pictures and under ablations, and remembers what it has run.

    with open_engine(deniable(tools)) as engine:
        rows = Prober(engine, store).probe(tasks)

Shards of one source share texts, programs and probe pictures, so a second shard costs little.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from vpd.errors import StoreError
from vpd.execution.pictures import Pictures
from vpd.execution.program_engine import ProgramEngine
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.probing.ablation import ABLATIONS, Ablation, ablated
from vpd.records import Candidate, Probe, Question, stable_id
from vpd.scoring.normalize import normalize
from vpd.scoring.score import answer_key, is_right, resolve_choice
from vpd.store import ArtifactStore

MOST_REMEMBERED = 20_000  # probes, about 1 kB each


@dataclass(frozen=True)
class Task:
    """A program, the questions it is tried on, and the one that it is ablated on."""

    program: Candidate
    questions: tuple[Question, ...]
    ablated: Question

    @property
    def key(self) -> tuple[object, ...]:
        """What the probe depends on, beside the tools."""
        tried = tuple(q.question_id for q in self.questions)
        return self.program.asks, self.program.program_id, tried, self.ablated.question_id


@dataclass
class _Found:
    """What came of the runs of one task so far."""

    answers: dict[str, str] = field(default_factory=dict)
    plain: str = ""
    under: dict[Ablation, str] = field(default_factory=dict)


class Prober:
    """Probes programs with one engine, whose tools are deniable. `runs` counts what was executed."""

    def __init__(self, engine: ProgramEngine, store: ArtifactStore) -> None:
        self.engine = engine
        self.runs = 0
        self._pictures = Pictures(store)
        self._known: dict[tuple[object, ...], Probe] = {}

    def probe(self, tasks: Sequence[Task]) -> list[Probe]:
        """Return one row per task, in their order. A picture that is gone is left out of its probes."""
        if len(self._known) > MOST_REMEMBERED:
            self._known.clear()
        new = [task for task in tasks if task.key not in self._known]
        found: dict[tuple[object, ...], _Found] = defaultdict(_Found)
        for job, run in self.engine.run(self._jobs(new)):
            task, question, ablation = job.tag
            self.runs += 1
            _note(found[task.key], question, ablation, run)
        self._known |= {task.key: _row(task, found[task.key]) for task in new}
        return [self._known[task.key] for task in tasks]

    def _jobs(self, tasks: Sequence[Task]) -> Iterator[Job]:
        for task in tasks:
            for question in task.questions:
                yield from self._job(task, question, None)
            for ablation in (None, *ABLATIONS):
                if ablation is not None or task.ablated not in task.questions:
                    yield from self._job(task, task.ablated, ablation)

    def _job(self, task: Task, question: Question, ablation: Ablation | None) -> Iterator[Job]:
        try:
            picture = self._pictures.get(question.image_id)
        except StoreError:  # `execution_traces` reports it
            return
        seen = picture if ablation is None else ablated(picture, ablation)
        yield Job(task.program.source, seen, (task, question, ablation))


def _note(found: _Found, question: Question, ablation: Ablation | None, run: Run) -> None:
    """Keep what a run gave; a crash is not the program's and tells nothing."""
    if run.outcome == "crash":
        return
    answer = "" if run.answer is None else normalize(resolve_choice(run.answer, question.choices))
    if ablation is None:
        found.answers[question.question_id] = answer
    else:
        found.under[ablation] = answer


def _row(task: Task, found: _Found) -> Probe:
    tried = [q for q in task.questions if q.question_id in found.answers]
    answers = {q.question_id: found.answers[q.question_id] for q in tried}
    plain = found.answers.get(task.ablated.question_id)
    under = found.under if plain is not None else {}
    labels = Counter(answer_key(q.answers[0]) for q in tried if q.answers)
    program = task.program
    return Probe(
        probe_id=stable_id("probe", program.asks, program.program_id),
        question_text=program.question_text,
        choices=program.choices,
        program_id=program.program_id or "",
        question_ids=tuple(answers),
        answers=tuple(answers.values()),
        labelled_ids=tuple(q.question_id for q in tried if q.answers),
        right_ids=tuple(
            q.question_id for q in tried if is_right(answers[q.question_id], q.answers, q.choices)
        ),
        chance=max(labels.values()) / labels.total() if labels else None,
        ablations=tuple(a for a in ABLATIONS if a in under),
        moved=tuple(a for a in ABLATIONS if a in under and under[a] != plain),
    )
