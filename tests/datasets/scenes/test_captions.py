import re

import pytest

from vpd.datasets.scenes.captions import FOUND, captions
from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.world import LEVELS, Scene

BOX = re.compile(r"\[[\d ]+\]")


@pytest.fixture(params=["easy", "full"])
def scene(request: pytest.FixtureRequest) -> Scene:
    return generate_scene(LEVELS[request.param], 7)[0]


def test_captions_description_names_every_object_with_its_box(scene: Scene) -> None:
    whole = captions(scene, LEVELS[scene.level], 0)[0].target
    assert len(BOX.findall(whole)) == len(scene.objects)
    for o in scene.objects:
        box = " ".join(map(str, o.box.on_grid(scene.width, scene.height)))
        assert f"{o.color} {o.material} {o.shape}".replace("  ", " ") in whole
        assert f"[{box}]" in whole


def test_captions_find_tells_exactly_the_objects_that_fit(scene: Scene) -> None:
    kinds = LEVELS[scene.level]
    known = {*kinds.sizes, *kinds.colors, *kinds.materials, *kinds.shapes}
    for seed in range(20):
        for caption, number in zip(captions(scene, kinds, seed)[3:], FOUND, strict=True):
            wanted = caption.prompt.removeprefix("Find ").rstrip(".").split(" and ")
            sentences = caption.target.split(". ")
            assert len(wanted) == len(sentences) == number
            for name, sentence in zip(wanted, sentences, strict=True):
                words = {singular(word) for word in name.split()} & known
                fitting = [o for o in scene.objects if words <= {o.size, o.color, o.material, o.shape}]
                assert len(BOX.findall(sentence)) == len(fitting)
                assert words <= {singular(word.strip(",.")) for word in sentence.split()}


def singular(word: str) -> str:
    return word if word.endswith("ss") else word.removesuffix("s")


def test_captions_name_is_that_of_the_object_in_the_box(scene: Scene) -> None:
    places = {f"[{' '.join(map(str, o.box.on_grid(scene.width, scene.height)))}]": o for o in scene.objects}
    named = [c for c in captions(scene, LEVELS[scene.level], 1) if c.prompt.startswith("Name")]
    assert len(named) == 2
    for caption in named:
        o = places[caption.prompt.removeprefix("Name ").rstrip(".")]
        assert caption.target.split()[-1] == o.shape
        assert o.color in caption.target


def test_captions_depend_on_scene_and_seed_alone(scene: Scene) -> None:
    level = LEVELS[scene.level]
    assert captions(scene, level, 3) == captions(Scene.from_json(scene.to_json()), level, 3)
    assert captions(scene, level, 3) != captions(scene, level, 4)


def test_captions_ask_nothing(scene: Scene) -> None:
    assert not any("?" in caption.prompt for caption in captions(scene, LEVELS[scene.level], 0))
