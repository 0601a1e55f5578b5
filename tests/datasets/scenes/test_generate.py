"""Scenes by lot: the same for the same seed, plain to ask about, and drawn where the truth says."""

from itertools import combinations

import cv2
import numpy as np
import pytest

from vpd.datasets.scenes.camera import CAMERAS
from vpd.datasets.scenes.generate import RULES, generate_scene
from vpd.datasets.scenes.render import Look, Paint, cast, shade
from vpd.datasets.scenes.solids import RADII, Solid
from vpd.datasets.scenes.world import EASY, FULL, LEVELS, Scene
from vpd.geometry import Box

CASES = [(level, seed) for level in LEVELS.values() for seed in range(12)]


@pytest.fixture(scope="module")
def scenes():
    return {(level.name, seed): generate_scene(level, seed) for level, seed in CASES}


def _pixels(png):
    return cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR_RGB)


def test_generate_scene_again_in_another_order_gives_the_same_bytes(scenes):
    for level, seed in reversed(CASES[::5]):
        assert generate_scene(level, seed) == scenes[level.name, seed]


def test_generate_scene_of_other_seeds_gives_other_pictures(scenes):
    assert len({png for _, png in scenes.values()}) == len(CASES)


@pytest.mark.parametrize("level", [EASY, FULL])
def test_generate_scene_keeps_to_its_level(scenes, level):
    for seed in range(12):
        scene, png = scenes[level.name, seed]
        assert (scene.width, scene.height) == level.picture
        assert _pixels(png).shape == (scene.height, scene.width, 3)
        assert level.objects[0] <= len(scene.objects) <= level.objects[1]
        for o in scene.objects:
            assert o.shape in level.shapes
            assert o.color in level.colors
            assert o.size in level.sizes
            assert o.material in (level.materials or ("",))


def test_generate_scene_round_trips_through_json(scenes):
    for scene, _ in scenes.values():
        assert Scene.from_json(scene.to_json()) == scene


@pytest.mark.parametrize("level", [EASY, FULL])
def test_generate_scene_makes_relations_and_objects_plain(scenes, level):
    rules = RULES[level.name]
    for seed in range(12):
        objects = scenes[level.name, seed][0].objects
        assert min(o.visible for o in objects) >= rules.visible
        for a, b in combinations(objects, 2):
            assert abs(a.box.center[0] - b.box.center[0]) >= rules.apart
            assert abs(a.depth - b.depth) >= rules.depth


@pytest.mark.parametrize("level", [EASY, FULL])
def test_generate_scene_keeps_whole_objects_in_the_picture(scenes, level):
    picture = Box(0, 0, *level.picture)
    for seed in range(12):
        for o in scenes[level.name, seed][0].objects:
            assert o.box.clamp(picture.width, picture.height) == o.box


def test_generate_scene_small_is_smaller_than_large_at_the_same_distance(scenes):
    for level in LEVELS.values():
        reach = {"small": [], "large": []}
        for seed in range(12):
            for o in scenes[level.name, seed][0].objects:
                if o.shape == "sphere":
                    reach[o.size].append(o.box.width * o.depth)
        assert max(reach["small"], default=0) < min(reach["large"], default=1e9)


def test_easy_boxes_bound_the_coloured_pixels(scenes):
    """Easy ground and shadows are gray, so coloured pixels are objects: all lie in boxes that they fill."""
    for seed in range(12):
        scene, png = scenes["easy", seed]
        pixels = _pixels(png).astype(int)
        colored = pixels.max(-1) - pixels.min(-1) > 40
        inside = np.zeros_like(colored)
        for o in scene.objects:
            rows = slice(int(o.box.top), int(np.ceil(o.box.bottom)))
            columns = slice(int(o.box.left), int(np.ceil(o.box.right)))
            inside[rows, columns] = True
            assert colored[rows, columns].mean() > 0.4
        assert not (colored & ~inside).any()


def test_cast_of_two_solids_in_line_hides_the_further_one_exactly():
    camera = CAMERAS["full"]
    near, far = Solid("cube", 0.0, 7.0, 0.8), Solid("sphere", 0.3, 9.0, 0.8)
    both, alone = cast([far, near], camera), cast([far], camera)
    seen, whole = np.count_nonzero(both.index == 0), np.count_nonzero(alone.index == 0)
    assert both.visible[1] == 1.0
    assert both.visible[0] == pytest.approx(seen / whole)
    assert 0 < both.visible[0] < 1
    assert both.boxes[0] == alone.boxes[0]


@pytest.mark.parametrize("shape", FULL.shapes)
def test_cast_of_every_shape_stays_inside_its_hull(shape):
    camera = CAMERAS["full"]
    for x, turn in ((-2.0, 0.0), (0.0, 0.4), (2.0, 1.1)):
        solid = Solid(shape, x, 9.0, RADII["full"]["large"], turn)
        points = camera.project(solid.corners())
        hull = Box(*points.min(0), *points.max(0))
        box = cast([solid], camera).boxes[0]
        assert box.iou(hull) > 0.9
        assert box.left >= hull.left - 1.0
        assert box.bottom <= hull.bottom + 1.0


@pytest.mark.parametrize("shape", FULL.shapes)
def test_normals_have_unit_length_and_face_the_camera(shape):
    camera = CAMERAS["easy"]
    solid = Solid(shape, 0.5, 8.0, 1.0, 0.3)
    seen = cast([solid], camera)
    rays = camera.rays(*np.meshgrid(np.arange(96) + 0.5, np.arange(96) + 0.5))
    reach = solid.hit(camera.position.astype(np.float32), rays)
    met = np.isfinite(reach)
    assert abs(met.sum() * 9 - (seen.index == 0).sum()) < 0.05 * (seen.index == 0).sum()
    normals = solid.normals(camera.position.astype(np.float32) + rays[met] * reach[met][:, None])
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-3)
    assert ((normals * rays[met]).sum(1) < 0.02).all()


def test_shade_of_metal_is_less_saturated_and_has_a_highlight():
    camera = CAMERAS["full"]
    solid = Solid("sphere", 0.0, 8.0, 0.8)
    ground = np.full((2, 2, 3), 0.8, np.float32)
    look = Look((0.3, 0.8, -0.52), 0.6, 0.5, ground, shadow=0.3, blur=3.0, noise=0.0)
    seen = cast([solid], camera)
    box = seen.boxes[0]
    middle = (slice(int(box.top) + 12, int(box.bottom) - 12), slice(int(box.left) + 12, int(box.right) - 12))
    least = {
        metal: shade(seen, [solid], [Paint("red", metal)], look, camera, 0)[middle].min(-1)
        for metal in (True, False)
    }
    assert least[True].max() > 200 > least[False].max()
