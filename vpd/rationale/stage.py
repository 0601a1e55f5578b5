"""The stage that turns verdicts into training and evaluation examples.

A question gives an answer-mode example if it has a label or a chosen verdict, and a rationale-mode example if
it has a chosen verdict whose rationale passes the check. What does not pass is counted by reason, never used.

Not here: whether a data set of many shards is fit for training (`vpd.rationale.check`).
"""

from collections import Counter

from vpd.rationale.chosen import Chosen, Dropped, chosen_runs
from vpd.rationale.faithful import CHECKER, check_rationale
from vpd.rationale.prompts import SUFFIXES, Mode, prompt_for
from vpd.rationale.render import RENDERER, render
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    VERDICTS,
    Example,
    Image,
    Question,
    stable_id,
)
from vpd.scoring.normalize import normalize
from vpd.scoring.score import SCORER, resolve_choice
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

STAGE = Stage(EXAMPLES, "1", (IMAGES, QUESTIONS, PROGRAMS, TRACES, VERDICTS))
SHOWN = 5  # dropped rationales that the stats show in full


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
    chosen, dropped = chosen_runs(inputs)
    examples: list[Example] = []
    for question in QUESTIONS.rows(inputs[QUESTIONS.name]):
        run = chosen.get(question.question_id)
        answer = _answer(question, run)
        if answer is not None:
            examples.append(_example(question, "answer", answer, answer, None))
        if run is None:
            continue
        rationale = _rationale(run, images.get(question.image_id), most_words)
        if isinstance(rationale, Dropped):
            dropped.append(rationale)
        else:
            said = normalize(run.trace.answer or "")
            examples.append(_example(question, "rationale", rationale, said, run))
    return StageOutput(EXAMPLES.frame(examples), _stats(examples, dropped))


def _answer(question: Question, run: Chosen | None) -> str | None:
    """Return what the student should answer: the first label, else the chosen program's answer."""
    if question.answers:
        return normalize(resolve_choice(question.answers[0], question.choices)) or None
    return run.verdict.answer if run is not None else None


def _rationale(run: Chosen, image: Image | None, most_words: int) -> str | Dropped:
    """Return the rationale of a run if it can be used."""
    answer, question = run.trace.answer or "", run.trace.question_id
    if image is None:
        return Dropped(
            question, "", "image", f"the picture of question {question} is not in the shard; ingest it"
        )
    size = image.width, image.height
    text = render(run.source, run.events, answer, *size, run.methods, seed=question)
    problems = check_rationale(text, run.source, run.events, answer, *size, run.methods)
    if problems:
        return Dropped(question, text, problems[0].kind, problems[0].message)
    words = len(text.split())
    if words > most_words:
        return Dropped(question, text, "length", f"it has {words} words, more than {most_words}")
    return text


def _example(question: Question, mode: Mode, target: str, answer: str, run: Chosen | None) -> Example:
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


def _stats(examples: list[Example], dropped: list[Dropped]) -> Stats:
    counts: dict[str, dict[str, dict[str, int]]] = {}
    for (split, mode, family), count in sorted(
        Counter((e.split, e.mode, e.family) for e in examples).items()
    ):
        counts.setdefault(split, {}).setdefault(mode, {})[family] = count
    words = [len(e.target.split()) for e in examples if e.mode == "rationale"]
    return {
        "examples": counts,
        "rationale_words": round(sum(words) / len(words), 1) if words else None,
        "dropped": dict(Counter(d.kind for d in dropped)),
        "dropped_first": [
            {"question_id": d.question_id, "text": d.text, "problem": d.problem} for d in dropped[:SHOWN]
        ],
    }
