import pytest

from tests.rewriting.replies import Replies, rewriter_with
from vpd.errors import EndpointError
from vpd.rewriting.rewriter import Draft, Refusal

SEEN = "I find a {} at [{} 2 3 4]. The answer is yes."


def draft(text: str, allowed: bool = True) -> Draft:
    return Draft(text, lambda said: None if allowed else Refusal("claim", f"not so: {said}"))


def drafts(*names: str) -> list[Draft]:
    return [draft(SEEN.format(name, number)) for number, name in enumerate(names)]


def louder(text: str) -> str:
    return text.replace("I find", "I can see")


def test_reword_gives_each_draft_its_own_boxes_back_in_order(tmp_path):
    rewriter = rewriter_with(Replies(louder), tmp_path)
    names = ("cube", "cone", "cube")
    said = rewriter.reword(drafts(*names))
    assert [r.text for r in said] == [louder(SEEN.format(name, i)) for i, name in enumerate(names)]
    assert all(r.accepted for r in said)


def test_reword_asks_drafts_that_differ_in_boxes_alone_once_and_keeps_the_answer(tmp_path):
    endpoint = Replies(louder)
    rewriter_with(endpoint, tmp_path).reword(drafts("cube", "cone", "cube", "cube"))
    assert len(endpoint.asked) == 2
    rewriter_with(endpoint, tmp_path).reword(drafts("cone", "cube"))
    assert len(endpoint.asked) == 2
    rewriter_with(endpoint, tmp_path, model="other").reword(drafts("cone"))
    assert len(endpoint.asked) == 3


def test_reword_of_nothing_asks_nobody(tmp_path):
    endpoint = Replies(louder)
    endpoint.gone = True
    assert rewriter_with(endpoint, tmp_path).reword([]) == []


def test_reword_uses_a_text_only_if_the_check_lets_it_pass(tmp_path):
    rewriter = rewriter_with(Replies(louder), tmp_path)
    [said] = rewriter.reword([draft(SEEN.format("cube", 1), allowed=False)])
    assert not said.accepted
    assert said.refusal == Refusal("claim", f"not so: {said.text}")


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (None, "endpoint"),
        ("", "answer"),
        ("I see a cube at [B1].", "answer"),
        ("I see a cube at [B1]. The answer is no.", "answer"),
        ("I see a cube at [B1]. The answer is Yes.", "answer"),
        ("I see a cube at [B1]. The answer is yes. Is there more to do?", "answer"),
        ("I find a cube at [B1]. The answer is yes.", "same"),
        ("\n I find a cube\nat [B1].  The answer is yes.\n", "same"),
    ],
)
def test_reword_refuses_what_is_no_rewording_before_the_check(tmp_path, reply, kind):
    rewriter = rewriter_with(Replies(lambda _: reply), tmp_path)
    [said] = rewriter.reword(drafts("cube"))
    assert said.refusal is not None
    assert said.refusal.kind == kind


def test_reword_may_join_the_closing_sentence_and_break_lines(tmp_path):
    rewriter = rewriter_with(Replies(lambda _: "I see a cube at [B1],\nso the answer is yes.\n"), tmp_path)
    [said] = rewriter.reword(drafts("cube"))
    assert said.accepted
    assert said.text == "I see a cube at [0 2 3 4], so the answer is yes."


def test_reword_with_answers_missing_says_so_and_asks_for_these_alone_again(tmp_path):
    endpoint = Replies(louder)
    endpoint.down = {"I find a cone at [B1]. The answer is yes."}
    with pytest.raises(EndpointError, match=r"1 of 3 .*overloaded"):
        rewriter_with(endpoint, tmp_path).reword(drafts("cube", "cone", "ball"))
    endpoint.down.clear()
    endpoint.asked.clear()
    assert all(r.accepted for r in rewriter_with(endpoint, tmp_path).reword(drafts("cube", "cone", "ball")))
    assert [request.question for request in endpoint.asked] == ["I find a cone at [B1]. The answer is yes."]


def test_reword_without_an_endpoint_still_uses_what_is_kept(tmp_path):
    endpoint = Replies(louder)
    rewriter_with(endpoint, tmp_path).reword(drafts("cube"))
    endpoint.gone = True
    rewriter = rewriter_with(endpoint, tmp_path)
    assert rewriter.reword(drafts("cube"))[0].accepted
    with pytest.raises(EndpointError, match="nobody"):
        rewriter.reword(drafts("cone"))


def test_rewriter_is_known_by_prompt_and_model_and_not_by_its_speed(tmp_path):
    one = rewriter_with(Replies(louder), tmp_path)
    fast = rewriter_with(Replies(louder), tmp_path, concurrency=16)
    other = rewriter_with(Replies(louder), tmp_path, model="other")
    assert one.identity == fast.identity != other.identity
    assert "other" in other.name
    assert one.name != other.name
