"""What names mean to the detector and the classifier."""

import pytest

from vpd.tools.coco import KINDS, NAMES, known_name
from vpd.tools.photos.imagenet import LABELS, numbers_of
from vpd.tools.photos.names import OutsideVocabulary, detectable, parse_name


def test_every_coco_class_is_known_by_its_name_and_plural():
    assert len(set(NAMES)) == 80
    for name in NAMES:
        assert known_name(name) == name
    assert [known_name(w) for w in ("people", "buses", "benches", "couches", "knives")] == [
        "person", "bus", "bench", "couch", "knife",
    ]  # fmt: skip


def test_every_name_and_kind_of_a_label_is_known():
    for number, label in enumerate(LABELS):
        for name in (*label.names, label.everyday, *label.kinds):
            assert number in numbers_of(name.lower())


def test_kinds_hold_classes_of_the_detector_and_are_known():
    for kind, names in KINDS.items():
        assert set(names) <= set(NAMES)
        assert parse_name(kind).detected == set(names)


@pytest.mark.parametrize(
    ("words", "first", "count"),
    [
        ("squirrel", "fox squirrel", 1),
        ("squirrels", "fox squirrel", 1),
        ("Granny Smith", "Granny Smith", 1),
        ("strawberries", "strawberry", 1),
        ("the phones", "cellular telephone", 3),
        ("monkeys", "guenon", 13),
        ("butterflies", "admiral", 6),
    ],
)
def test_names_of_the_classifier_are_known_in_the_plural_too(words, first, count):
    name = parse_name(words)
    assert len(name.labels) == count
    assert first in {LABELS[number].names[0] for number in name.labels}
    assert not name.certain


def test_kinds_take_in_what_is_under_them_and_nothing_else():
    animals = parse_name("animal").labels
    assert set(range(398)) == animals  # ImageNet's first 398 classes are the animals
    assert parse_name("dog").labels < parse_name("mammal").labels < animals
    assert not parse_name("fruit").labels & parse_name("vehicle").labels


def test_colour_before_a_noun_is_a_colour_and_alone_a_thing():
    assert (parse_name("an orange").color, parse_name("an orange").detected) == (None, {"orange"})
    assert (parse_name("an orange car").color, parse_name("an orange car").detected) == ("orange", {"car"})
    assert parse_name("grey objects").color == "gray"


@pytest.mark.parametrize(
    "words", ["man", "woman", "girl", "carpet", "red", "dark blue car", "objects on a table"]
)
def test_other_words_are_outside_the_vocabulary(words):
    with pytest.raises(OutsideVocabulary):
        parse_name(words)


def test_detectable_names_are_the_detectors():
    assert detectable("bikes").detected == {"bicycle"}
    with pytest.raises(OutsideVocabulary, match="80"):
        detectable("squirrel")


def test_detectable_kind_is_refused_with_the_names_that_are_of_it():
    with pytest.raises(OutsideVocabulary, match=r"'banana'.*'orange'"):
        detectable("fruit")
