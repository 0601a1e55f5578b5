"""How good the rationales of right runs are: said, true, varied, faithful, and what they cost.

`vpd bench rationales --json` prints it. The record's programs run on generated scenes of both levels with the
OpenCV tools, and once more with tools that know the truth; the runs that are right are told. On full scenes
only the questions whose texts are in the record are asked.

    told             share of right runs whose rationale says more than the answer
    faithful         share of right runs whose rationale the checker accepts; only these are looked at further
    true             share of their sentences that are true of the picture: tools' mistakes count against them
    all_true         share of rationales in which every sentence is true
    tool_errors      runs that are wrong only because of the tools, and the share of them whose rationale has
                     a false sentence besides the answer: what the measure of truth itself is worth
    boxes            mean intersection over union with the best object, and the share that reaches 0.5
    distinct         different texts per 1,000 rationales, boxes left out
    phrasings        different texts of one run over 20 seeds, mean
    render, check    microseconds a rationale
    planted          rationales with a false fact in them, or a needed one left out (`benchmarks._planted`),
                     by kind: how many, and the share that the checker refuses
"""

import random
import re
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from statistics import mean
from typing import Any

import numpy as np

from benchmarks._pictures import scenes
from benchmarks._planted import planted
from vpd.datasets.scenes.questions import ask
from vpd.datasets.scenes.world import LEVELS, Level, Scene
from vpd.evaluation.boxes import judge_boxes
from vpd.evaluation.ground_truth import tally
from vpd.evaluation.truth import Sentence, judge_rationale
from vpd.execution.engine import open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.run import Job
from vpd.execution.trace import Run
from vpd.rationale.faithful import Problem, check_rationale
from vpd.rationale.render import render
from vpd.records import Question
from vpd.sampling.prompt import Asked
from vpd.sampling.record import DEMO_RECORD, Record, load_record
from vpd.sampling.request import SamplingConfig, build_request
from vpd.scoring.score import is_right
from vpd.tools.oracle import oracle_toolset
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.toolset import SCENES

QUESTIONS = 400  # a level
PER_PICTURE = 5
SEED = 0
PHRASINGS = 20
PLANTED_IN = 300  # rationales a level
_BOX = re.compile(r"\[[\d ]+\]")


@dataclass(frozen=True, eq=False)
class Told:
    """A run that gave an answer, and its rationale with the seconds that making and checking it took."""

    question: Question
    source: str
    scene: Scene
    run: Run
    exact: Run
    text: str
    problems: Sequence[Problem]
    render_seconds: float
    check_seconds: float

    def right(self, run: Run) -> bool:
        """Tell whether a run's answer is the label."""
        return run.answer is not None and is_right(run.answer, self.question.answers)

    def sentences(self) -> list[Sentence]:
        """Return the sentences, held against the scene."""
        return judge_rationale(self.text, self.question, self.run.events, self.exact.events, self.scene)

    def again(self, seed: str) -> str:
        """Return the rationale as told with another seed."""
        return _rendered(self.source, self.run, self.scene, seed)


@dataclass
class _Asked:
    """The questions of a level with their programs, and the scenes."""

    jobs: list[Job] = field(default_factory=list)
    scenes: dict[str, Scene] = field(default_factory=dict)
    questions: int = 0


def run(questions: int = QUESTIONS) -> dict[str, Any]:
    """Measure both levels."""
    return {name: _figures(_questions(level, questions)) for name, level in LEVELS.items()}


def _questions(level: Level, count: int) -> _Asked:
    asked = _Asked()
    for question, scene, picture in islice(_stream(level), count):
        asked.questions += 1
        asked.scenes[picture.image_id] = scene
        asked.jobs += [Job(source, picture, question) for source in _programs(question.text)]
    return asked


def _stream(level: Level) -> Iterator[tuple[Question, Scene, Picture]]:
    """Yield questions whose programs are recorded, without end."""
    for scene, picture in scenes(level):
        known = (q for q in ask(scene, level, 3 * PER_PICTURE, SEED) if _programs(q.text))
        for place, q in enumerate(islice(known, PER_PICTURE)):
            name = f"{level.name}-{scene.seed}-{place}"
            yield (
                Question(name, picture.image_id, q.text, (q.answer,), (), q.family, "test", False, "bench"),
                scene,
                picture,
            )


@cache
def _record() -> Record:
    return load_record(DEMO_RECORD)


@cache
def _programs(text: str) -> tuple[str, ...]:
    """Return the different recorded programs for a question."""
    config = SamplingConfig()
    key = build_request(config, config.writers[0], Asked(text)).key
    answers = [_record().get(key, sample) for sample in range(config.candidates)]
    found = [canonical(answer.text) for answer in answers if answer is not None and answer.text]
    return tuple(dict.fromkeys(program.source for program in found if isinstance(program, Program)))


def _figures(asked: _Asked) -> dict[str, Any]:
    runs = _runs(asked.jobs, SCENES.open())
    exact = _runs(asked.jobs, oracle_toolset(asked.scenes))
    answered = [
        _tell(job, run, with_truth, asked.scenes[job.picture.image_id])
        for job, run, with_truth in zip(asked.jobs, runs, exact, strict=True)
        if run.answer is not None
    ]
    told = [t for t in answered if t.right(t.run)]
    used = [t for t in told if not t.problems]
    return {
        "questions": asked.questions,
        "runs": len(runs),
        "right": len(told),
        "told": mean(not any(p.kind == "evidence" for p in t.problems) for t in told),
        "faithful": len(used) / len(told),
        "problems": dict(Counter(t.problems[0].kind for t in told if t.problems)),
        **_truth(used),
        **_wording(used),
        "tool_errors": _tool_errors([t for t in answered if t.right(t.exact) and not t.right(t.run)]),
        "planted": _planted(used),
        "render_us": 1e6 * mean(t.render_seconds for t in told),
        "check_us": 1e6 * mean(t.check_seconds for t in told),
    }


def _runs(jobs: Sequence[Job], tools: ToolSet) -> list[Run]:
    with open_engine(tools) as engine:
        return [run for _, run in engine.run(jobs)]


def _tell(job: Job, run: Run, exact: Run, scene: Scene) -> Told:
    started = time.perf_counter()
    text = _rendered(job.source, run, scene, job.tag.question_id)
    rendered = time.perf_counter()
    problems = _problems(text, job.source, run, scene)
    checked = time.perf_counter()
    seconds = rendered - started, checked - rendered
    return Told(job.tag, job.source, scene, run, exact, text, problems, *seconds)


def _rendered(source: str, run: Run, scene: Scene, seed: str) -> str:
    return render(source, run.events, run.answer or "", scene.width, scene.height, seed=seed)


def _problems(text: str, source: str, run: Run, scene: Scene) -> list[Problem]:
    return check_rationale(text, source, run.events, run.answer or "", scene.width, scene.height)


def _truth(told: Sequence[Told]) -> dict[str, Any]:
    judged = [(t, t.sentences()) for t in told]
    every = [s for _, sentences in judged for s in sentences]
    boxes = judge_boxes((t.text, t.scene) for t in told)
    groups = {
        "by_kind": tally((s.kind, s) for s in every),
        "by_family": tally((t.question.family, s) for t, sentences in judged for s in sentences),
    }
    return {
        "sentences": len(every),
        "true": mean(s.true for s in every),
        "all_true": mean(all(s.true for s in sentences) for _, sentences in judged),
        **{
            name: {group: {"n": t.n, "true": t.share} for group, t in found.items()}
            for name, found in groups.items()
        },
        "boxes": {"stated": boxes.stated, "mean_iou": boxes.mean_iou, "right": boxes.share},
    }


def _tool_errors(told: Sequence[Told]) -> dict[str, Any]:
    false = [any(not s.true and s.kind != "answer" for s in t.sentences()) for t in told]
    return {"runs": len(told), "said": mean(false) if false else None}


def _wording(told: Sequence[Told]) -> dict[str, Any]:
    words = [len(t.text.split()) for t in told]
    first = [_BOX.sub("", t.text) for t in told[:1000]]
    seeds = list(map(str, range(PHRASINGS)))
    return {
        "words": {"mean": mean(words), "p95": float(np.percentile(words, 95))},
        "distinct": 1000 * len(set(first)) / len(first),
        "phrasings": mean(len({t.again(seed) for seed in seeds}) for t in told[:: max(1, len(told) // 100)]),
    }


def _planted(told: Sequence[Told]) -> dict[str, Any]:
    """Return how many planted false facts the checker catches; the true texts count for none."""
    lots = random.Random(SEED)
    caught: dict[str, list[bool]] = defaultdict(list)
    for t in told[:PLANTED_IN]:
        others = [other.text for other in lots.sample(told, 2)]
        size = t.scene.width, t.scene.height
        for changed in planted(t.text, t.source, t.run.events, size, others, lots):
            caught[changed.kind].append(bool(_problems(changed.text, t.source, t.run, t.scene)))
    every = [refused for found in caught.values() for refused in found]
    return {
        "facts": len(every),
        "caught": mean(every),
        "by_kind": {kind: {"n": len(c), "caught": mean(c)} for kind, c in sorted(caught.items())},
    }
