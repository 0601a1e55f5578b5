"""The stage that turns verdicts into training and evaluation examples.

A question gives an answer-mode example if it has a label or a chosen verdict, and a rationale-mode example if
it has a chosen verdict whose rationale passes the check. What does not pass is counted by reason, never used.

Not here: whether a data set of many shards is fit for training (`vpd.rationale.check`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from vpd.execution.trace import events_from_json
from vpd.rationale.faithful import CHECKER, Problem, check_rationale
from vpd.rationale.prompts import SUFFIXES, Mode, prompt_for
from vpd.rationale.render import RENDERER, render
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    VERDICTS,
    Candidate,
    Example,
    Image,
    Question,
    Trace,
    Verdict,
    stable_id,
)
from vpd.scoring.normalize import normalize
from vpd.scoring.score import SCORER, resolve_choice
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore
from vpd.tools.toolset import methods_of

STAGE = Stage(EXAMPLES, "1", (IMAGES, QUESTIONS, PROGRAMS, TRACES, VERDICTS))
SHOWN = 5  # dropped rationales that the stats show in full


@dataclass(frozen=True)
class _Chosen:
    """The run whose trace becomes a question's rationale."""

    verdict: Verdict
    trace: Trace
    source: str


@dataclass(frozen=True)
class _Dropped:
    """A rationale that is not used."""

    question_id: str
    text: str
    problems: tuple[Problem, ...]


def build_examples(store: ArtifactStore, shard: str, *, most_words: int = 120) -> ShardResult:
    """Commit the examples of one shard; rationales of more than `most_words` words are dropped.

    The manifest's stats hold the counts of examples by split, mode and family, the mean number of words of a
    rationale, and the dropped rationales by reason with the first few in full.
    """
    settings = {
        "renderer": RENDERER,
        "checker": CHECKER,
        "scorer": SCORER,
        "prompts": dict(SUFFIXES),
        "most_words": most_words,
    }
    return run_stage(store, STAGE, shard, settings, lambda inputs: _build(inputs, most_words))


def _build(inputs: Inputs, most_words: int) -> StageOutput:
    images = {i.image_id: i for i in IMAGES.rows(inputs[IMAGES.name])}
    chosen = _chosen_runs(inputs)
    examples: list[Example] = []
    dropped: list[_Dropped] = []
    for question in QUESTIONS.rows(inputs[QUESTIONS.name]):
        run = chosen.get(question.question_id)
        answer = _answer(question, run)
        if answer is not None:
            examples.append(_example(question, "answer", answer, answer, None))
        if run is None:
            continue
        rationale = _rationale(run, images[question.image_id], most_words)
        if isinstance(rationale, _Dropped):
            dropped.append(rationale)
        else:
            said = normalize(run.trace.answer or "")
            examples.append(_example(question, "rationale", rationale, said, run))
    return StageOutput(EXAMPLES.frame(examples), _stats(examples, dropped))


def _chosen_runs(inputs: Inputs) -> dict[str, _Chosen]:
    """Return the chosen run of each question that has one."""
    traces = {t.trace_id: t for t in TRACES.rows(inputs[TRACES.name])}
    asked = {q.question_id: q.asks for q in QUESTIONS.rows(inputs[QUESTIONS.name])}
    sources = _executed_sources(PROGRAMS.rows(inputs[PROGRAMS.name]))
    chosen = {}
    for verdict in VERDICTS.rows(inputs[VERDICTS.name]):
        if verdict.chosen and verdict.trace_id is not None:
            trace = traces[verdict.trace_id]
            source = sources[asked[verdict.question_id], trace.program_id]
            chosen[verdict.question_id] = _Chosen(verdict, trace, source)
    return chosen


def _executed_sources(candidates: list[Candidate]) -> Mapping[tuple[object, str | None], str]:
    """Return the source that was executed for each text and program: the first by sample index.

    Candidates of one program differ in the names of variables, which the events of its trace use.
    """
    executed: dict[tuple[object, str | None], str] = {}
    for candidate in sorted(candidates, key=lambda c: c.sample_index):
        executed.setdefault((candidate.asks, candidate.program_id), candidate.source)
    return executed


def _answer(question: Question, run: _Chosen | None) -> str | None:
    """Return what the student should answer: the first label, else the chosen program's answer."""
    if question.answers:
        return normalize(resolve_choice(question.answers[0], question.choices)) or None
    return run.verdict.answer if run is not None else None


def _rationale(run: _Chosen, image: Image, most_words: int) -> str | _Dropped:
    """Return the rationale of a run if it can be used."""
    answer = run.trace.answer or ""
    try:
        events = events_from_json(run.trace.events_json)
    except (ValueError, KeyError, TypeError, AssertionError) as error:
        problem = Problem("trace", f"the events of trace {run.trace.trace_id} cannot be read: {error!r}")
        return _Dropped(run.trace.question_id, "", (problem,))
    methods = methods_of(run.trace.tools_version)
    text = render(run.source, events, answer, image.width, image.height, methods)
    problems = check_rationale(text, events, answer, image.width, image.height, methods)
    words = len(text.split())
    if words > most_words:
        problems.append(Problem("length", f"it has {words} words, more than {most_words}"))
    return _Dropped(run.trace.question_id, text, tuple(problems)) if problems else text


def _example(question: Question, mode: Mode, target: str, answer: str, run: _Chosen | None) -> Example:
    return Example(
        example_id=stable_id("example", question.question_id, mode, target),
        question_id=question.question_id,
        image_id=question.image_id,
        split=question.split,
        family=question.family,
        held_out_text=question.held_out_text,
        mode=mode,
        prompt=prompt_for(question.text, mode, question.choices),
        target=target,
        answer=answer,
        verdict_id=None if run is None else run.verdict.verdict_id,
        trace_id=None if run is None else run.trace.trace_id,
        renderer="" if run is None else RENDERER,
    )


def _stats(examples: list[Example], dropped: list[_Dropped]) -> Stats:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (split, mode, family), count in sorted(
        Counter((e.split, e.mode, e.family) for e in examples).items()
    ):
        counts.setdefault(split, {}).setdefault(mode, {})[family] = count
    words = [len(e.target.split()) for e in examples if e.mode == "rationale"]
    return {
        "examples": counts,
        "rationale_words": round(sum(words) / len(words), 1) if words else None,
        "dropped": dict(Counter(d.problems[0].kind for d in dropped)),
        "dropped_first": [
            {"question_id": d.question_id, "text": d.text, "problem": d.problems[0].message}
            for d in dropped[:SHOWN]
        ],
    }
