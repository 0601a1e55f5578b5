"""Names of things: word order, plurals, synonyms, and words nobody knows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.tools.names import ANYTHING, ATTRIBUTES, SYNONYMS, VALUES, Traits, UnknownWordError, parse_name

traits = st.builds(Traits, **{a: st.sampled_from(("", *VALUES[a])) for a in ATTRIBUTES})
full_traits = st.builds(Traits, **{a: st.sampled_from(VALUES[a]) for a in ATTRIBUTES})


@given(traits, st.randoms(), st.sampled_from(ANYTHING), st.booleans(), st.booleans())
def test_parse_name_of_any_wording_gives_the_traits(wanted, random, noun, plural, upper):
    adjectives = [getattr(wanted, a) for a in ATTRIBUTES if a != "shape" and getattr(wanted, a)]
    random.shuffle(adjectives)
    name = " ".join([*adjectives, (wanted.shape or noun) + ("s" if plural else "")])
    assert parse_name(name.upper() if upper else name) == wanted


@given(full_traits, traits)
def test_fits_holds_exactly_if_all_named_traits_agree(have, name):
    agrees = all(getattr(name, a) in ("", getattr(have, a)) for a in ATTRIBUTES)
    assert name.fits(have) is agrees


@pytest.mark.parametrize("word", sorted(SYNONYMS))
def test_parse_name_of_a_synonym_equals_the_word_it_stands_for(word):
    assert parse_name(word) == parse_name(SYNONYMS[word])


@given(st.text(max_size=40))
def test_parse_name_of_any_text_gives_traits_or_the_one_error(text):
    try:
        found = parse_name(text)
    except UnknownWordError:
        return
    assert found.fits(found)


@pytest.mark.parametrize("name", ["dog", "red dog", "cubic", "", "  ", "red blue cube", "cube sphere"])
def test_parse_name_of_what_is_no_name_raises(name):
    with pytest.raises(UnknownWordError):
        parse_name(name)


def test_parse_name_of_an_unknown_word_names_it():
    with pytest.raises(UnknownWordError, match="giraffe"):
        parse_name("small giraffe")
