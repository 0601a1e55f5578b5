"""How good sampled programs are, in rates over shards.

Not here: whether programs are right (`vpd.verification.yields`).
"""

from collections.abc import Iterable, Mapping
from typing import Any


def sampling_rates(stats: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return rates from the statistics that `vpd.sampling.stage` keeps of each shard.

    Shares are of all candidates, 0 to 1: programs that parse, that nothing is known to be wrong with, and
    those of the first answers. `call_graphs_per_question` says how many different things the candidates of a
    question do; `cached_prompt_share` is of the prompts' tokens.
    """
    shards = list(stats)
    candidates = _sum(shards, "candidates")
    return {
        "parse_share": _rate(_sum(shards, "parsed"), candidates),
        "clean_share": _rate(_sum(shards, "clean"), candidates),
        "clean_at_first_share": _rate(_sum(shards, "clean_at_first"), candidates),
        "call_graphs_per_question": _rate(_sum(shards, "distinct_call_graphs"), _sum(shards, "texts")),
        "cached_prompt_share": _rate(_sum(shards, "cached_tokens"), _sum(shards, "prompt_tokens")),
    }


def _sum(shards: Iterable[Mapping[str, Any]], name: str) -> int:
    return sum(int(shard[name]) for shard in shards)


def _rate(part: int, whole: int) -> float:
    return round(part / max(1, whole), 4)
