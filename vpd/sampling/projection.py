"""What the first answers to a set of questions would take, estimated without asking anybody.

Tokens of prompts are characters divided by vpd.chat.budget.CHARACTERS_PER_TOKEN; tokens of an answer are the
mean of the kept answers to the same questions, or TOKENS_PER_ANSWER without any. The worst case is what
`vpd.chat.spending` sets aside: every character a token, every answer cut off at its bound.

Not here: the rounds after the first, which depend on the answers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

from vpd.chat.budget import CHARACTERS_PER_TOKEN
from vpd.chat.endpoint import EndpointConfig
from vpd.sampling.offline import Kept
from vpd.sampling.plan import Plan
from vpd.sampling.prompt import Asked
from vpd.sampling.request import Writer, build_request

TOKENS_PER_ANSWER = 80  # a guess, for when nothing is kept


@dataclass(frozen=True)
class Projection:
    """What one model is still to be asked in the first round.

    kept:              answers that are there already
    requests, samples: still to be asked
    tokens_per_answer: mean of the kept answers if `measured`, else a guess
    cost, worst_cost:  US dollars; None without a price
    minutes:           at least, for the requests and tokens per minute; None without a bound
    """

    model: str
    kept: int
    requests: int
    samples: int
    prompt_tokens: int
    completion_tokens: int
    worst_completion_tokens: int
    tokens_per_answer: float
    measured: bool
    cost: float | None
    worst_cost: float | None
    minutes: float | None


def project(plan: Plan, kept: Kept, questions: Iterable[Asked]) -> list[Projection]:
    """Return what each model of a plan would be asked for questions."""
    distinct = list(dict.fromkeys(questions))
    return [_projected(plan, writer, kept, distinct) for writer in plan.config.writers]


def _projected(plan: Plan, writer: Writer, kept: Kept, questions: Sequence[Asked]) -> Projection:
    keys: set[str] = set()
    characters: list[int] = []
    samples = 0
    lengths: list[int] = []
    for asked in questions:
        request = build_request(plan.config, writer, asked)
        if request.key in keys:
            continue
        keys.add(request.key)
        found = kept.get(request.key, range(writer.candidates))
        lengths += [answer.tokens for answer in found.values() if answer.text is not None]
        if len(found) < writer.candidates:
            characters.append(request.characters)
            samples += writer.candidates - len(found)
    mean = fmean(lengths) if lengths else float(TOKENS_PER_ANSWER)
    prompt = sum(count // CHARACTERS_PER_TOKEN for count in characters)
    completion, longest = round(samples * mean), plan.config.max_tokens
    where = plan.endpoints[writer.model]
    price = where.price
    return Projection(
        model=writer.model,
        kept=len(keys) * writer.candidates - samples,
        requests=len(characters),
        samples=samples,
        prompt_tokens=prompt,
        completion_tokens=completion,
        worst_completion_tokens=samples * longest,
        tokens_per_answer=mean,
        measured=bool(lengths),
        cost=None if price is None else price.worst(prompt, 1, completion),
        worst_cost=None if price is None else price.worst(sum(characters), samples, longest),
        minutes=_minutes(where, len(characters), prompt + completion),
    )


def _minutes(where: EndpointConfig, requests: int, tokens: int) -> float | None:
    bounds = ((requests, where.requests_per_minute), (tokens, where.tokens_per_minute))
    return max((count / bound for count, bound in bounds if bound is not None), default=None)
