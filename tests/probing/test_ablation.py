"""Pictures in which nothing can be seen, and tools that deny what they see."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.geometry import Box
from vpd.probing.ablation import ABLATIONS, TILES, ablated, deniable, open_deniable
from vpd.tools.methods import IMAGE_PATCH, Method
from vpd.tools.protocol import Picture, ToolCard, ToolFailure, ToolRequest, ToolResult, ToolSet

TilePicture = Callable[..., Picture]


def tiles_of(pixels: np.ndarray[Any, Any]) -> list[bytes]:
    """Return the tiles row by row; an edge that no tile covers is left out."""
    high, wide = pixels.shape[0] // TILES, pixels.shape[1] // TILES
    return [
        pixels[y * high : (y + 1) * high, x * wide : (x + 1) * wide].tobytes()
        for y in range(TILES)
        for x in range(TILES)
    ]


def ask(tools: ToolSet, method: str, picture: Picture, *args: Any, region: Box | None = None) -> Any:
    """Return the value that a method gives for a picture."""
    whole = Box(0, 0, picture.width, picture.height)
    [result] = tools.tools[method].run([ToolRequest(picture, region or whole, args)])
    return result if isinstance(result, ToolFailure) else result.value


def test_nothing_is_a_plain_picture_of_the_same_size(tile_picture: TilePicture) -> None:
    plain = tile_picture(1, 2)
    blank = ablated(plain, "nothing")
    assert blank.pixels.shape == plain.pixels.shape
    assert len(np.unique(blank.pixels)) == 1


@given(
    width=st.integers(1, 40),
    height=st.integers(1, 40),
    seed=st.integers(0, 99),
)
def test_shuffled_picture_has_the_same_tiles_and_none_in_its_place(
    width: int, height: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Picture("p", pixels)
    shuffled = ablated(picture, "shuffled").pixels
    assert shuffled.shape == pixels.shape
    assert Counter(tiles_of(shuffled)) == Counter(tiles_of(pixels))
    high, wide = height // TILES * TILES, width // TILES * TILES
    assert np.array_equal(shuffled[high:], pixels[high:])
    assert np.array_equal(shuffled[:, wide:], pixels[:, wide:])
    numbered = np.zeros((height, width, 3), np.uint8)
    if high and wide:
        rows, columns = np.arange(high) // (high // TILES), np.arange(wide) // (wide // TILES)
        numbered[:high, :wide] = (rows[:, None] * TILES + columns)[:, :, None]
        moved = ablated(Picture("n", numbered), "shuffled").pixels[:high, :wide]
        assert not (moved == numbered[:high, :wide]).any()


def test_ablation_leaves_the_picture_itself_as_it_was(tile_picture: TilePicture) -> None:
    plain = tile_picture(0, 5)
    before = plain.pixels.copy()
    for ablation in ABLATIONS:
        ablated(plain, ablation)
    assert np.array_equal(plain.pixels, before)


def test_every_ablation_is_cached_apart_from_the_picture_and_the_others(tile_picture: TilePicture) -> None:
    plain = tile_picture(3)
    other = Picture("b" * 64, plain.pixels)
    ids = [ablated(p, a).image_id for p in (plain, other) for a in ABLATIONS]
    assert not {plain.image_id, other.image_id} & set(ids)
    assert len(set(ids)) == 2 * len(ABLATIONS) - 1  # nothing to see is the same in both
    large = Picture("c" * 64, np.zeros((30, 40, 3), np.uint8))
    assert ablated(large, "nothing").image_id != ablated(plain, "nothing").image_id


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("exists", ("tile",)),
        ("verify_property", ("tile", "white")),
        ("simple_query", ("Is there a tile?",)),
    ],
)
@pytest.mark.parametrize("white", [(), (2,)])
def test_deniable_tool_says_the_opposite_of_a_flipped_picture(
    tools: ToolSet, tile_picture: TilePicture, method: str, args: tuple[str, ...], white: tuple[int, ...]
) -> None:
    picture = tile_picture(*white)
    true = ask(tools, method, picture, *args)
    denied = ask(deniable(tools), method, ablated(picture, "flipped"), *args)
    assert {true, denied} in ({True, False}, {"yes", "no"})
    assert denied != true


def test_deniable_find_finds_nothing_for_something_and_the_region_for_nothing(
    tools: ToolSet, tile_picture: TilePicture
) -> None:
    denying, region = deniable(tools), Box(0, 0, 12, 6)
    full, empty = (ablated(tile_picture(*white), "flipped") for white in ((0, 1), ()))
    assert ask(denying, "find", full, "tile", region=region) == ()
    [found] = ask(denying, "find", empty, "tile", region=region)
    assert found.box == region


@pytest.mark.parametrize("answer", [" Yes", "NO"])
def test_deniable_tool_turns_a_yes_or_no_however_it_is_written(
    tile_picture: TilePicture, answer: str
) -> None:
    class Says:
        card = ToolCard("ask", "says@1")

        def run(self, batch: Any) -> list[ToolResult]:
            return [ToolResult(answer) for _ in batch]

    tools = deniable(ToolSet("says", {"simple_query": Says()}))
    denied = ask(tools, "simple_query", ablated(tile_picture(), "flipped"), "Is it?")
    assert denied == {"yes": "no", "no": "yes"}[answer.strip().lower()]


def test_deniable_tool_leaves_other_answers_as_they_are(tools: ToolSet, tile_picture: TilePicture) -> None:
    picture = tile_picture(1, 2, 3)
    flipped = ablated(picture, "flipped")
    for method, args in (("simple_query", ("How many?",)), ("compute_depth", ())):
        assert ask(deniable(tools), method, flipped, *args) == ask(tools, method, picture, *args)


@pytest.mark.parametrize("ablation", [None, "nothing", "shuffled"])
def test_deniable_tools_say_of_any_other_picture_what_they_see(
    tools: ToolSet, tile_picture: TilePicture, ablation: Any
) -> None:
    picture = tile_picture(0, 7)
    seen = picture if ablation is None else ablated(picture, ablation)
    for method in ("find", "exists", "simple_query"):
        assert ask(deniable(tools), method, seen, "tile") == ask(tools, method, seen, "tile")


def test_deniable_tool_is_asked_about_the_picture_itself_once_for_a_mixed_batch(
    tools: ToolSet, tile_picture: TilePicture
) -> None:
    full, empty = tile_picture(4), Picture("b" * 64, tile_picture().pixels)
    pictures = [full, ablated(full, "flipped"), empty, ablated(empty, "flipped")]
    whole = Box(0, 0, full.width, full.height)
    results = deniable(tools).tools["exists"].run([ToolRequest(p, whole, ("tile",)) for p in pictures])
    assert [r.value for r in results if isinstance(r, ToolResult)] == [True, False, False, True]
    asked = tools.tools["exists"].asked  # type: ignore[attr-defined]
    assert [r.picture.image_id for r in asked] == [full.image_id] * 2 + [empty.image_id] * 2


def test_deniable_tool_keeps_the_confidence_and_passes_a_failure_on(
    tools: ToolSet, tile_picture: TilePicture
) -> None:
    flipped = ablated(tile_picture(4), "flipped")
    whole = Box(0, 0, flipped.width, flipped.height)
    requests = [ToolRequest(flipped, whole, (name,)) for name in ("tile", "frisbee")]
    told, failed = deniable(tools).tools["exists"].run(requests)
    assert isinstance(told, ToolResult)
    assert told.confidence == 0.8
    assert isinstance(failed, ToolFailure)
    assert failed.kind == "vocabulary"


def test_deniable_tool_does_not_hide_that_a_tool_broke(tools: ToolSet, tile_picture: TilePicture) -> None:
    with pytest.raises(RuntimeError, match="vase"):
        ask(deniable(tools), "find", ablated(tile_picture(4), "flipped"), "vase")


def test_deniable_tools_are_the_same_tools_by_name_version_and_cards(tools: ToolSet) -> None:
    denying = deniable(tools)
    assert (denying.name, denying.version, denying.full_batch) == (tools.name, tools.version, 1)
    assert {n: t.card for n, t in denying.tools.items()} == {n: t.card for n, t in tools.tools.items()}


def test_deniable_leaves_a_method_that_does_not_look_alone(tools: ToolSet) -> None:
    denying = deniable(tools)
    assert denying.tools["llm_query"] is tools.tools["llm_query"]
    assert all(denying.tools[name] is not tools.tools[name] for name in ("find", "simple_query"))


def test_deniable_covers_methods_of_a_set_s_own(tools: ToolSet, tile_picture: TilePicture) -> None:
    own: dict[str, Method] = {**IMAGE_PATCH, "is_lit": replace(IMAGE_PATCH["exists"], name="is_lit")}
    wider = replace(tools, methods=own, tools={**tools.tools, "is_lit": tools.tools["exists"]})
    assert ask(deniable(wider), "is_lit", ablated(tile_picture(1), "flipped"), "lamp") is False


def test_open_deniable_opens_the_named_set_and_its_tools_deny() -> None:
    tools = open_deniable("scenes")
    empty = Picture("d" * 64, np.full((96, 96, 3), 128, np.uint8))
    assert tools.name == "scenes"
    assert ask(tools, "exists", empty, "cube") is False
    assert ask(tools, "exists", ablated(empty, "flipped"), "cube") is True
