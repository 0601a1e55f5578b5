import pytest

from tests.rewriting.replies import Replies, rewriter_with
from vpd.chat.price import Price
from vpd.rewriting.report import SHOWN, rewriting_stats
from vpd.rewriting.rewriter import Draft, Refusal

PRICE = Price(input=10.0, cached_input=1.0, output=100.0)


def drafts(count: int, allowed: bool) -> list[Draft]:
    """So many drafts that differ in their boxes alone."""
    name = "cube" if allowed else "dog"
    refusal = None if allowed else Refusal("claim", "no dog was found")
    texts = [f"I find a {name} at [{i} 2 3 4]. The answer is 1." for i in range(count)]
    return [Draft(text, lambda _: refusal) for text in texts]


def test_rewriting_stats_count_drafts_texts_tokens_and_cost(tmp_path):
    rewriter = rewriter_with(Replies(lambda text: text.replace("find", "see")), tmp_path, price=PRICE)
    said = rewriter.reword([*drafts(3, True), *drafts(SHOWN + 4, False)])
    stats = rewriting_stats(said, rewriter.price)
    told = stats["rewritten"]
    assert (told["drafts"], told["asked"], told["accepted"]) == (SHOWN + 7, 2, 3)
    assert told["accepted_share"] == pytest.approx(3 / (SHOWN + 7), abs=1e-4)
    assert (told["prompt_tokens"], told["cached_tokens"], told["completion_tokens"]) == (200, 80, 40)
    assert told["cost"] == pytest.approx(2 * (60 * 10 + 40 * 1 + 20 * 100) / 1e6)
    assert stats["rewrites_refused"] == {"claim": SHOWN + 4}
    first = stats["rewrites_refused_first"]
    assert len(first) == SHOWN
    assert first[0] == {
        "draft": "I find a dog at [0 2 3 4]. The answer is 1.",
        "text": "I see a dog at [0 2 3 4]. The answer is 1.",
        "kind": "claim",
        "problem": "no dog was found",
    }


def test_rewriting_stats_of_nothing_have_no_share_and_without_price_no_cost(tmp_path):
    stats = rewriting_stats([], None)
    assert stats["rewritten"]["accepted_share"] is None
    assert stats["rewritten"]["cost"] is None
    assert stats["rewrites_refused"] == {}
