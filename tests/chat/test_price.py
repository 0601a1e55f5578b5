import pytest
from pydantic import ValidationError

from vpd.chat.answers import Answer
from vpd.chat.price import Price


def answer(tokens, prompt, cached):
    return Answer("k", 0, "text", None, None, "stop", None, tokens, prompt, cached, "live")


def test_cost_counts_fresh_and_cached_prompt_and_answer():
    price = Price(input=2, cached_input=0.5, output=10)
    assert price.cost(answer(100, 1000, 400)) == pytest.approx((600 * 2 + 400 * 0.5 + 100 * 10) / 1e6)


def test_cached_prompt_costs_as_much_as_fresh_unless_said():
    price = Price(input=2, output=0)
    assert price.cost(answer(9, 1000, 400)) == price.cost(answer(9, 1000, 0)) == pytest.approx(0.002)


def test_worst_case_is_a_whole_prompt_and_every_answer_cut_off():
    price = Price(input=2, cached_input=0, output=10)
    assert price.worst(1000, 5, 200) == pytest.approx((1000 * 2 + 5 * 200 * 10) / 1e6)


@pytest.mark.parametrize("wrong", [{"input": -1}, {"output": float("nan")}, {"per_request": 1}])
def test_price_with_a_wrong_field_is_refused(wrong):
    with pytest.raises(ValidationError):
        Price.model_validate({"input": 1, "output": 1, **wrong})
