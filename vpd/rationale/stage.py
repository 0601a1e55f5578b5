"""The stage that turns verdicts into training and evaluation examples.

A question gives an answer-mode example if it has a label or a chosen verdict, and a rationale-mode example if
it has a chosen verdict whose rationale passes the check. What does not pass is counted by reason, never used.
With a rewriter, other words for a rationale take its place if they pass the same check.

Not here: whether a data set of many shards is fit for training (`vpd.fitness.check`).
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from vpd.rationale.chosen import Chosen, Dropped, chosen_runs
from vpd.rationale.faithful import CHECKER, check_rationale
from vpd.rationale.prompts import SUFFIXES, Mode, prompt_for
from vpd.rationale.provenance import example_id
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
)
from vpd.rewriting.report import rewriting_stats
from vpd.rewriting.rewriter import Draft, Refusal, Rewriter
from vpd.scoring.normalize import normalize
from vpd.scoring.score import SCORER, resolve_choice
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

STAGE = Stage(EXAMPLES, "1", (IMAGES, QUESTIONS, PROGRAMS, TRACES, VERDICTS))
SHOWN = 5  # dropped rationales that the stats show in full


@dataclass(frozen=True)
class Told:
    """A rationale as it is used, and who wrote it."""

    text: str
    renderer: str


def build_examples(
    store: ArtifactStore, shard: str, *, most_words: int = 120, rewriter: Rewriter | None = None
) -> ShardResult:
    """Commit the examples of one shard; rationales of more than `most_words` words are dropped.

    A rewriter says each rationale in other words; where they do not pass the check, the template's text
    stands. The manifest's stats hold the counts of examples by split, mode and family, the mean number of
    words of a rationale, the dropped rationales by reason with the first few in full, and what the rewriter
    did (`vpd.rewriting.report`). Raises EndpointError if the rewriter's endpoint does not answer; what it
    answered before is kept.
    """
    settings = {
        "renderer": RENDERER,
        "checker": CHECKER,
        "scorer": SCORER,
        "prompts": dict(SUFFIXES),
        "most_words": most_words,
        "rewriter": None if rewriter is None else rewriter.identity,
    }
    return run_stage(store, STAGE, shard, settings, lambda inputs: _build(inputs, most_words, rewriter))


def _build(inputs: Inputs, most_words: int, rewriter: Rewriter | None) -> StageOutput:
    images = {i.image_id: i for i in IMAGES.rows(inputs[IMAGES.name])}
    questions = list(QUESTIONS.rows(inputs[QUESTIONS.name]))
    chosen, dropped = chosen_runs(inputs)
    drafts = {
        q.question_id: _draft(chosen[q.question_id], images.get(q.image_id), most_words)
        for q in questions
        if q.question_id in chosen
    }
    dropped += [draft for draft in drafts.values() if isinstance(draft, Dropped)]
    told, rewriting = _told({q: d for q, d in drafts.items() if isinstance(d, Draft)}, rewriter)
    examples: list[Example] = []
    for question in questions:
        run, rationale = chosen.get(question.question_id), told.get(question.question_id)
        answer = _answer(question, run)
        if answer is not None:
            examples.append(_example(question, "answer", Told(answer, ""), answer, None))
        if run is not None and rationale is not None:
            said = normalize(run.trace.answer or "")
            examples.append(_example(question, "rationale", rationale, said, run))
    return StageOutput(EXAMPLES.frame(examples), _stats(examples, dropped) | rewriting)


def _answer(question: Question, run: Chosen | None) -> str | None:
    """Return what the student should answer: the first label, else the chosen program's answer."""
    if question.answers:
        return normalize(resolve_choice(question.answers[0], question.choices)) or None
    return run.verdict.answer if run is not None else None


def _draft(run: Chosen, image: Image | None, most_words: int) -> Draft | Dropped:
    """Return the rationale of a run by template if it can be used."""
    answer, question = run.trace.answer or "", run.trace.question_id
    if image is None:
        return Dropped(
            question, "", "image", f"the picture of question {question} is not in the shard; ingest it"
        )
    size = image.width, image.height

    def check(text: str) -> Refusal | None:
        words = len(text.split())
        if words > most_words:
            return Refusal("length", f"it has {words} words, more than {most_words}")
        problems = check_rationale(text, run.source, run.events, answer, *size, run.methods)
        return Refusal(problems[0].kind, problems[0].message) if problems else None

    text = render(run.source, run.events, answer, *size, run.methods, seed=question)
    refusal = check(text)
    return Dropped(question, text, refusal.kind, refusal.message) if refusal else Draft(text, check)


def _told(drafts: Mapping[str, Draft], rewriter: Rewriter | None) -> tuple[dict[str, Told], Stats]:
    """Return the rationales by question, in other words where those pass, and what the rewriter did."""
    told = {question: Told(draft.text, RENDERER) for question, draft in drafts.items()}
    if rewriter is None:
        return told, {}
    rewordings = dict(zip(drafts, rewriter.reword(list(drafts.values())), strict=True))
    told |= {q: Told(said.text, rewriter.name) for q, said in rewordings.items() if said.accepted}
    return told, rewriting_stats(list(rewordings.values()), rewriter.price)


def _example(question: Question, mode: Mode, told: Told, answer: str, run: Chosen | None) -> Example:
    return Example(
        example_id=example_id(question.question_id, mode, told.text),
        question_id=question.question_id,
        image_id=question.image_id,
        split=question.split,
        family=question.family,
        held_out_text=question.held_out_text,
        mode=mode,
        prompt=prompt_for(question.text, mode, question.choices),
        target=told.text,
        answer=answer,
        verdict_id=None if run is None else run.verdict.verdict_id,
        trace_id=None if run is None else run.trace.trace_id,
        renderer=told.renderer,
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
