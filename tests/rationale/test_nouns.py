import pytest

from vpd.rationale.nouns import name_key, noun, plural, singular, with_article


@pytest.mark.parametrize(
    ("one", "many"),
    [
        ("red cube", "red cubes"),
        ("bus", "buses"),
        ("wine glass", "wine glasses"),
        ("knife", "knives"),
        ("sheep", "sheep"),
        ("skis", "skis"),
        ("red scissors", "red scissors"),
        ("person", "people"),
    ],
)
def test_noun_in_singular_and_plural_is_one_kind(one: str, many: str) -> None:
    assert plural(one) == many
    assert singular(many) == one
    assert name_key(f"the {many}") == name_key(one) == name_key(with_article(one))


def test_noun_of_a_bare_adjective_is_an_object_unless_it_is_a_fruit() -> None:
    assert noun("red") == "red object"
    assert noun("orange") == "orange"
    assert name_key("orange object") == name_key("orange")


def test_noun_without_a_singular_is_a_pair() -> None:
    assert noun("red skis") == noun("pair of red skis") == "pair of red skis"
    assert plural(noun("skis")) == "skis"


def test_with_article_goes_by_sound_and_knows_what_has_no_singular() -> None:
    assert [with_article(name) for name in ("orange", "unicorn", "skis", "red scissors")] == [
        "an orange",
        "a unicorn",
        "a pair of skis",
        "a pair of red scissors",
    ]
