"""Stage: the questions of a shard become candidate programs, k for each distinct question.

A program does not depend on the picture, so a text that occurs in many shards is asked for once (the answer
cache) and its candidates have the same ids everywhere. Candidates that a later round replaced are kept in a
table of their own.
"""

from collections import Counter
from collections.abc import Sequence

from vpd.chat.price import Price
from vpd.records import PROGRAMS, QUESTIONS, REPLACED, Candidate, canonical_json, stable_id
from vpd.sampling.drafts import Draft
from vpd.sampling.prompt import Asked
from vpd.sampling.sampler import Progress, Sampler
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore

# Raise the version with every change in this folder that can change a prompt or a round.
SAMPLED_PROGRAMS = Stage(PROGRAMS, version="2", upstream=(QUESTIONS,), beside=(REPLACED,))


def sample_programs(
    store: ArtifactStore, shard: str, sampler: Sampler, progress: Progress | None = None
) -> ShardResult:
    """Commit the candidates of one shard. `progress` is told (questions done, questions in all).

    Raises EndpointError if an answer is needed and does not come; answers so far are kept.
    """

    def compute(upstream: Inputs) -> StageOutput:
        questions = [Asked(*question.asks) for question in QUESTIONS.rows(upstream[QUESTIONS.name])]
        standing: list[Candidate] = []
        replaced: list[Candidate] = []
        for asked, drafts in sampler.sample(questions, progress):
            for draft in drafts:
                price = sampler.plan.endpoints[draft.writer.model].price
                (standing if draft.stands else replaced).append(candidate(asked, draft, price))
        standing.sort(key=lambda c: (c.asks, c.sample_index))
        replaced.sort(key=lambda c: (c.asks, c.sample_index, c.round))
        beside = ((REPLACED, REPLACED.frame(replaced)),)
        return StageOutput(PROGRAMS.frame(standing), _stats(standing, replaced), beside=beside)

    return run_stage(store, SAMPLED_PROGRAMS, shard, {"sampler": sampler.identity()}, compute)


def candidate(asked: Asked, draft: Draft, price: Price | None) -> Candidate:
    """Turn a draft into a row: a program, or the reason why there is none."""
    answer, review = draft.answer, draft.review
    program = None if review is None else review.program
    prompt = draft.request.payload.get("messages") or draft.request.payload["prompt"]
    return Candidate(
        candidate_id=stable_id("candidate", draft.request.key, answer.sample, asked.choices),
        question_text=asked.text,
        choices=asked.choices,
        sample_index=draft.place,
        round=draft.round,
        program_id=None if program is None else program.program_id,
        call_graph=None if review is None else review.call_graph,
        source=answer.text or "" if program is None else program.source,
        problem=_problem(draft),
        prompt_sha256=stable_id("prompt", canonical_json(prompt)),
        request_key=draft.request.key,
        model=draft.writer.model,
        origin=answer.origin,
        temperature=draft.temperature,
        logprob=answer.logprob,
        completion_tokens=answer.tokens,
        prompt_tokens=answer.prompt_tokens,
        cached_tokens=answer.cached_tokens,
        cost=None if price is None else price.cost(answer),
    )


def _problem(draft: Draft) -> str | None:
    if draft.answer.text is None:
        return f"endpoint: {draft.answer.problem}"
    return None if draft.finding is None else f"{draft.finding.kind}: {draft.finding.message}"


def _stats(standing: Sequence[Candidate], replaced: Sequence[Candidate]) -> Stats:
    written = [*standing, *replaced]
    costs = [c.cost for c in written if c.cost is not None]
    return {
        "texts": len({c.asks for c in standing}),
        "candidates": len(standing),
        "replaced": len(replaced),
        "parsed": sum(c.program_id is not None for c in standing),
        "clean": sum(c.problem is None for c in standing),
        "clean_at_first": sum(c.problem is None for c in written if c.round == "first"),
        "distinct_programs": len({(c.asks, c.program_id) for c in standing if c.program_id}),
        "distinct_call_graphs": len({(c.asks, c.call_graph) for c in standing if c.call_graph}),
        "prompt_tokens": sum(c.prompt_tokens for c in written),
        "cached_tokens": sum(c.cached_tokens for c in written),
        "completion_tokens": sum(c.completion_tokens for c in written),
        "cost": sum(costs) if costs else None,
        "origins": dict(Counter(c.origin for c in written)),
        "rounds": dict(Counter(c.round for c in written)),
        "models": dict(Counter(c.model for c in written)),
        "problems": dict(Counter(c.problem.split(":")[0] for c in standing if c.problem).most_common()),
    }
