"""What a sampler did so far, in one line for a screen or a log."""

from vpd.sampling.sampler import Tally


def describe(tally: Tally, seconds: float) -> str:
    """Return where answers came from and, of the live ones in so many seconds, tokens a second and cost.

    Answers are counted by sample, live ones by request, too.
    """
    live = tally.live
    parts = [
        f"{live.answered:,} answers live in {live.asked:,} requests",
        f"{tally.from_cache:,} from the cache",
        f"{tally.from_record:,} from the record",
        f"{live.failed:,} failed",
        f"{live.completion_tokens / max(seconds, 1e-9):.1f} tokens/s",
    ]
    return ", ".join(parts if tally.cost is None else [*parts, dollars(tally.cost)])


def dollars(cost: float) -> str:
    """Return an amount of US dollars, small ones to four places."""
    return f"${cost:,.2f}" if cost >= 1 else f"${cost:.4f}"
