from collections import Counter
from pathlib import Path

from vpd.datasets.photos.catalog import PHOTOGRAPHS
from vpd.datasets.photos.questions import photo_questions
from vpd.scoring.normalize import normalize

FAMILIES = {"count", "existence", "attribute", "relation", "comparison", "reading", "knowledge"}
LEAST_OF_A_FAMILY = 15


def test_photographs_are_many_distinct_and_each_in_one_place() -> None:
    assert len(PHOTOGRAPHS) >= 30
    assert len({p.ref for p in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert len({p.sha256 for p in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert len({(p.package, p.path, p.frame) for p in PHOTOGRAPHS}) == len(PHOTOGRAPHS)
    assert all(p.licence for p in PHOTOGRAPHS)


def test_photographs_splits_hold_about_half_a_seventh_and_a_third() -> None:
    shares = {split: n / len(PHOTOGRAPHS) for split, n in Counter(p.split for p in PHOTOGRAPHS).items()}
    assert abs(shares["train"] - 0.5) < 0.05
    assert abs(shares["val"] - 0.15) < 0.05
    assert abs(shares["test"] - 0.35) < 0.05


def test_photographs_of_one_scene_share_a_split() -> None:
    frames = [p for p in PHOTOGRAPHS if p.frame is not None]
    assert 5 <= len(frames) <= 7
    assert len({p.split for p in frames}) == 1


def test_photo_questions_every_photograph_has_three_to_seven() -> None:
    counts = Counter(q.photograph for q in photo_questions())
    assert counts.keys() == {p.ref for p in PHOTOGRAPHS}
    assert all(3 <= count <= 7 for count in counts.values())


def test_photo_questions_are_many_of_each_family_with_ids_of_their_own() -> None:
    questions = photo_questions()
    assert len(questions) >= 150
    assert len({q.id for q in questions}) == len(questions)
    families = Counter(q.family for q in questions)
    assert families.keys() == FAMILIES
    assert min(families.values()) >= LEAST_OF_A_FAMILY


def test_photo_questions_no_photograph_is_asked_the_same_twice() -> None:
    asked = [(q.photograph, normalize(q.question)) for q in photo_questions()]
    assert len(set(asked)) == len(asked)


def test_photo_questions_answers_are_not_empty_and_differ_for_the_scorer() -> None:
    for question in photo_questions():
        answers = [normalize(answer) for answer in question.answers]
        assert all(answers), question.id
        assert len(set(answers)) == len(answers), question.id


def test_photo_questions_yes_and_no_are_balanced_in_every_family_that_has_them() -> None:
    by_family: dict[str, list[str]] = {}
    for question in photo_questions():
        if question.answers[0] in ("yes", "no"):
            assert len(question.answers) == 1, question.id
            by_family.setdefault(question.family, []).append(question.answers[0])
    every = [answer for answers in by_family.values() for answer in answers]
    for answers in (every, *by_family.values()):
        assert 0.35 <= answers.count("yes") / len(answers) <= 0.65


def test_photographs_no_picture_lies_in_the_package() -> None:
    import vpd.datasets.photos as package

    kept = {p.suffix for p in Path(package.__path__[0]).iterdir() if p.is_file()}
    assert kept <= {".py", ".jsonl"}
