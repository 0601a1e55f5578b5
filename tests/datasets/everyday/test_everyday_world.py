"""Scenes are reproducible, and where things stand is plain."""

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.datasets.everyday.meaning import Unclear, above, closer, left, on, only, right
from vpd.datasets.everyday.world import HEIGHT, WIDTH, EverydayScene, Part, Thing, generate_scene
from vpd.geometry import Box
from vpd.tools.coco import NAMES
from vpd.tools.colors import COLORS

COUCH_AND_PEOPLE = (Part(("couch",)), Part(("person",), 0, 3, ("red",), on="couch"))
COORDINATE = st.integers(0, 60)


@st.composite
def things(draw):
    x, y = draw(COORDINATE), draw(COORDINATE)
    return Thing(
        "dog", Box(x, y, x + draw(st.integers(1, 40)), y + draw(st.integers(1, 40))), draw(st.just("black"))
    )


@settings(max_examples=60)
@given(st.integers())
def test_scene_holds_4_to_9_known_things_inside_the_picture(number):
    scene = generate_scene(str(number), COUCH_AND_PEOPLE)
    assert 4 <= len(scene.things) <= 9
    for thing in scene.things:
        assert thing.name in NAMES
        assert thing.color in COLORS
        assert thing.box.clamp(WIDTH, HEIGHT) == thing.box
        assert thing.box.area > 0


@settings(max_examples=60)
@given(st.integers())
def test_scene_things_overlap_only_where_one_was_put_on_the_other(number):
    scene = generate_scene(str(number), COUCH_AND_PEOPLE)
    for a, b in combinations(scene.things, 2):
        if on(a, b):
            assert {a.name, b.name} == {"couch", "person"}
            assert a.box.overlap(b.box) > 0.15 * min(a.box.area, b.box.area)


def test_scene_plants_what_is_asked_for_on_and_off_its_support():
    scenes = [generate_scene(f"s{n}", COUCH_AND_PEOPLE) for n in range(60)]
    people = [[t for t in scene.things if t.name == "person"] for scene in scenes]
    assert {len(found) for found in people} == {0, 1, 2, 3}
    assert {p.color for found in people for p in found} == {"red"}
    couches = [only([t for t in scene.things if t.name == "couch"]) for scene in scenes]
    assert {on(p, c) for found, c in zip(people, couches, strict=True) for p in found} == {True, False}


def test_scene_part_of_none_keeps_its_names_out():
    scenes = [generate_scene(f"s{n}", (Part(("dog", "cat"), 0, 0),)) for n in range(60)]
    assert not {"dog", "cat"} & {t.name for scene in scenes for t in scene.things}


def test_scene_of_a_seed_is_always_the_same():
    assert generate_scene("a", COUCH_AND_PEOPLE) == generate_scene("a", COUCH_AND_PEOPLE)
    assert generate_scene("a") != generate_scene("b")
    assert isinstance(generate_scene("a"), EverydayScene)


@given(things(), things())
def test_left_agrees_with_every_way_to_compare_or_is_unclear(a, b):
    try:
        answer = left(a, b)
    except Unclear:
        return
    centers = a.box.center[0] < b.box.center[0]
    assert answer is (a.box.right <= b.box.left)
    assert answer is (a.box.left < b.box.left)
    assert answer is centers


@given(things(), things())
def test_left_and_right_are_never_both_true_and_above_is_left_turned(a, b):
    def turned(t):
        return Thing(t.name, Box(t.box.top, t.box.left, t.box.bottom, t.box.right), t.color)

    def said(relation, *pair):
        try:
            return relation(*pair)
        except Unclear:
            return None

    assert not (said(left, a, b) and said(right, a, b))
    assert said(above, a, b) is said(left, turned(a), turned(b))


def test_closer_is_unclear_where_straight_and_across_disagree():
    at = Thing("bus", Box(0, 0, 10, 10), "red")
    far_below, beside = (Thing("car", Box(x, y, x + 10, y + 10), "red") for x, y in ((20, 200), (60, 0)))
    with pytest.raises(Unclear):
        closer(at)(far_below, beside)
    assert closer(at)(beside, Thing("car", Box(200, 0, 210, 10), "red"))
