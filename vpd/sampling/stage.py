"""Stage: the questions of a shard become candidate programs, k for each distinct question text.

A program does not depend on the picture, so a text that occurs in many shards is asked for once (the answer
cache) and its candidates have the same ids everywhere.
"""

from collections import Counter
from dataclasses import replace

from vpd.chat.answers import Answer
from vpd.chat.request import Request
from vpd.execution.program import Program, canonical
from vpd.records import PROGRAMS, QUESTIONS, Candidate, canonical_json, stable_id
from vpd.sampling.sampler import Progress, Sampler
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

SAMPLED_PROGRAMS = Stage(PROGRAMS, version="1", upstream=(QUESTIONS,))


def sample_programs(
    store: ArtifactStore, shard: str, sampler: Sampler, progress: Progress | None = None
) -> ShardResult:
    """Commit the candidates of one shard. `progress` is told (texts done, texts in all).

    Raises EndpointError if the live model is needed and fails; answers so far are kept.
    """

    def compute(upstream: Inputs) -> StageOutput:
        texts = upstream[QUESTIONS.name]["text"].to_list()
        rows: list[Candidate] = []
        for request, answers in sampler.sample(texts, progress):
            rows += [candidate(sampler.config.model, sampler.config.temperature, request, a) for a in answers]
        return StageOutput(PROGRAMS.frame(rows), _stats(rows))

    settings = {"candidates": sampler.config.candidates, "request": sampler.probe_key()}
    return run_stage(store, SAMPLED_PROGRAMS, shard, settings, compute)


def candidate(model: str, temperature: float, request: Request, answer: Answer) -> Candidate:
    """Turn one answer of the model into a candidate row: a program, or the reason why there is none."""
    row = Candidate(
        candidate_id=stable_id("candidate", request.key, answer.sample),
        question_text=request.question,
        sample_index=answer.sample,
        program_id=None,
        source=answer.text or "",
        problem=answer.problem,
        prompt_sha256=stable_id("prompt", canonical_json(request.payload["messages"])),
        request_key=request.key,
        model=model,
        origin=answer.origin,
        temperature=temperature,
        logprob=answer.logprob,
        completion_tokens=answer.tokens,
    )
    if answer.text is None:
        return row
    parsed = canonical(answer.text)
    if isinstance(parsed, Program):
        return replace(row, program_id=parsed.program_id, source=parsed.source)
    return replace(row, problem=f"{parsed.outcome}: {parsed.message}")


def _stats(rows: list[Candidate]) -> Stats:
    parsed = sum(r.program_id is not None for r in rows)
    return {
        "texts": len({r.question_text for r in rows}),
        "candidates": len(rows),
        "parsed": parsed,
        "distinct_programs": len({(r.question_text, r.program_id) for r in rows if r.program_id}),
        "completion_tokens": sum(r.completion_tokens for r in rows),
        "origins": dict(Counter(r.origin for r in rows)),
        "problems": dict(Counter(r.problem.split(":")[0] for r in rows if r.problem).most_common(5)),
    }
