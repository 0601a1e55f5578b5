"""What a rewriter did, for the manifest of a shard."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from vpd.chat.price import Price
from vpd.rewriting.rewriter import Rewording

SHOWN = 5  # refused texts that the report shows in full


def rewriting_stats(rewordings: Sequence[Rewording], price: Price | None) -> dict[str, Any]:
    """Return counts of drafts, distinct texts asked for and accepted texts; refusals by kind, some in full.

    Tokens and cost (US dollars; None without a price) are those of the answers when they were asked for, be
    it now or by an earlier run; a text that stands for several drafts counts once.
    """
    answers = list({rewording.answer.key: rewording.answer for rewording in rewordings}.values())
    accepted = sum(rewording.accepted for rewording in rewordings)
    refused = [(r, r.refusal) for r in rewordings if r.refusal is not None]
    return {
        "rewritten": {
            "drafts": len(rewordings),
            "asked": len(answers),
            "accepted": accepted,
            "accepted_share": round(accepted / len(rewordings), 4) if rewordings else None,
            "prompt_tokens": sum(answer.prompt_tokens for answer in answers),
            "cached_tokens": sum(answer.cached_tokens for answer in answers),
            "completion_tokens": sum(answer.tokens for answer in answers),
            "cost": None if price is None else sum(map(price.cost, answers)),
        },
        "rewrites_refused": dict(Counter(refusal.kind for _, refusal in refused).most_common()),
        "rewrites_refused_first": [
            {"draft": r.draft, "text": r.text, "kind": refusal.kind, "problem": refusal.message}
            for r, refusal in refused[:SHOWN]
        ],
    }
