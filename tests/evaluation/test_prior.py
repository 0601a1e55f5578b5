from vpd.evaluation.prior import QuestionPrior
from vpd.records import Question


def ask(text: str, *answers: str, family: str = "count") -> Question:
    return Question("q", "i", text, answers, (), family, "train", False, "s")


def test_prior_knows_the_majority_of_a_text_and_backs_off_to_family_then_all() -> None:
    prior = QuestionPrior.fit(
        [
            ask("how many?", "two"),
            ask("how many?", "2"),
            ask("how many?", "3"),
            ask("how few?", "3"),
            ask("how few?", "3"),
            *[ask("is there?", "yes", family="existence")] * 9,
            ask("unlabelled?"),
        ]
    )
    assert prior.answer(ask("how many?")) == "2"
    assert prior.answer(ask("how big?")) == "3"
    assert prior.answer(ask("where?", family="spatial")) == "yes"


def test_prior_breaks_ties_the_same_way_in_any_order() -> None:
    rows = [ask("t", "b"), ask("t", "a")]
    assert QuestionPrior.fit(rows).answer(rows[0]) == QuestionPrior.fit(rows[::-1]).answer(rows[0]) == "a"


def test_prior_without_training_questions_has_no_answer() -> None:
    assert QuestionPrior.fit([]).answer(ask("t")) is None
