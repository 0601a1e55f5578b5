"""The photographs of the set `photos`: where each lies in its package, its licence and its split.

The pictures themselves are never part of vpd. They come with three packages that people install anyway or
with one command; `vpd.datasets.photos.fetch` copies them from there. Not here: the questions
(`questions.jsonl`) and the sums of the pixels (`vpd.datasets.photos.pixels`).

The frames of the street video show one scene, so they are all in one split.
"""

from dataclasses import dataclass
from typing import Literal

from vpd.datasets.photos.pixels import SHA256

Split = Literal["train", "val", "test"]


@dataclass(frozen=True)
class Package:
    """A package that carries photographs.

    `place` is the name of its Python module, or the absolute folder where its files lie. `version` is the one
    whose photographs the questions are about, `install` the command that installs it, and `stated_in` says
    where in it the licences stand.
    """

    name: str
    version: str
    place: str
    install: str
    stated_in: str


@dataclass(frozen=True)
class Photograph:
    """One photograph. `path` is relative to the package's place; `frame` counts a video's frames from 0."""

    ref: str
    package: Package
    path: str
    split: Split
    licence: str
    frame: int | None = None

    @property
    def image(self) -> str:
        """The file's name in a fetched folder."""
        return f"{self.ref}.png"

    @property
    def sha256(self) -> str:
        """The sum of the pixels that the questions are about."""
        return SHA256[self.ref]


SKIMAGE = Package(
    "scikit-image",
    "0.26.0",
    "skimage",
    "pip install scikit-image",
    "the docstrings of skimage.data and LICENSE.txt",
)
SKLEARN = Package(
    "scikit-learn",
    "1.9.1",
    "sklearn",
    "pip install scikit-learn",
    "sklearn/datasets/images/README.txt",
)
OPENCV = Package(
    "opencv-doc",
    "4.6.0+dfsg-12",
    "/usr/share/doc/opencv-doc",
    "apt-get install opencv-doc",
    "/usr/share/doc/opencv-doc/copyright, for all files at once; it names no photographer",
)

ASTRONAUT_LICENCE = "no known copyright restrictions, released into the public domain (NASA)"
MOTORCYCLE_LICENCE = "none beside the picture (Middlebury 2014 stereo set); the package: BSD-3-Clause"
OPENCV_LICENCE = "Apache-2.0 AND BSD-3-Clause"
STREET = "examples/data/vtest.avi"

PHOTOGRAPHS = (
    Photograph("astronaut", SKIMAGE, "data/astronaut.png", "test", ASTRONAUT_LICENCE),
    Photograph("cameraman", SKIMAGE, "data/camera.png", "train", "CC0 by the photographer (Lav Varshney)"),
    Photograph("cat", SKIMAGE, "data/chelsea.png", "test", "CC0 by the photographer (Stefan van der Walt)"),
    Photograph("coffee", SKIMAGE, "data/coffee.png", "train", "CC0 by the photographer (Rachel Michetti)"),
    Photograph(
        "coins", SKIMAGE, "data/coins.png", "val", "no known copyright restrictions (Brooklyn Museum)"
    ),
    Photograph("motorcycle", SKIMAGE, "data/motorcycle_left.png", "test", MOTORCYCLE_LICENCE),
    Photograph("rocket", SKIMAGE, "data/rocket.jpg", "train", "released in the public domain (SpaceX)"),
    Photograph("pagoda", SKLEARN, "datasets/images/china.jpg", "test", "CC BY 2.0 (danielbuechele)"),
    Photograph(
        "dahlia",
        SKLEARN,
        "datasets/images/flower.jpg",
        "train",
        "CC BY 2.0 (credited to danielbuechele, linked to vultilion)",
    ),
    Photograph("footballer", OPENCV, "examples/data/messi5.jpg", "test", OPENCV_LICENCE),
    Photograph("fruits", OPENCV, "examples/data/fruits.jpg", "train", OPENCV_LICENCE),
    Photograph("apple", OPENCV, "examples/data/apple.jpg", "train", OPENCV_LICENCE),
    Photograph("palace", OPENCV, "examples/data/home.jpg", "train", OPENCV_LICENCE),
    Photograph("building", OPENCV, "examples/data/building.jpg", "train", OPENCV_LICENCE),
    Photograph("old_street", OPENCV, "examples/data/leuvenA.jpg", "test", OPENCV_LICENCE),
    Photograph("basketball", OPENCV, "examples/data/basketball1.png", "test", OPENCV_LICENCE),
    Photograph("squirrel", OPENCV, "examples/data/squirrel_cls.jpg", "test", OPENCV_LICENCE),
    Photograph("aloe", OPENCV, "examples/data/aloeL.jpg", "val", OPENCV_LICENCE),
    Photograph("butterfly", OPENCV, "examples/data/butterfly.jpg", "train", OPENCV_LICENCE),
    Photograph("mandrill", OPENCV, "examples/data/baboon.jpg", "val", OPENCV_LICENCE),
    Photograph("circuit_board", OPENCV, "examples/data/board.jpg", "train", OPENCV_LICENCE),
    Photograph("desk", OPENCV, "examples/data/stuff.jpg", "test", OPENCV_LICENCE),
    Photograph("sweets", OPENCV, "examples/data/smarties.png", "test", OPENCV_LICENCE),
    Photograph("chessboard", OPENCV, "examples/data/left01.jpg", "train", OPENCV_LICENCE),
    Photograph("dog", OPENCV, "examples/data/chicky_512.png", "train", OPENCV_LICENCE),
    Photograph("robin", OPENCV, "examples/hfs/data/000.jpg", "test", OPENCV_LICENCE),
    Photograph("tree", OPENCV, "examples/hfs/data/002.jpg", "train", OPENCV_LICENCE),
    Photograph("house", OPENCV, "examples/reg/home.png", "val", OPENCV_LICENCE),
    Photograph("books", OPENCV, "examples/data/right.jpg", "train", OPENCV_LICENCE),
    Photograph("parking_notice", OPENCV, "examples/text/scenetext01.jpg", "test", OPENCV_LICENCE),
    Photograph("park_sign", OPENCV, "examples/text/scenetext02.jpg", "train", OPENCV_LICENCE),
    Photograph("barriers", OPENCV, "examples/text/scenetext05.jpg", "test", OPENCV_LICENCE),
    Photograph("pub", OPENCV, "examples/text/scenetext06.jpg", "val", OPENCV_LICENCE),
    Photograph("bus", OPENCV, "opencv4/html/pexels_double_decker_bus.jpg", "test", OPENCV_LICENCE),
    Photograph("pumpkin", OPENCV, "opencv4/html/astra_color.jpg", "val", OPENCV_LICENCE),
    Photograph("street_000", OPENCV, STREET, "train", OPENCV_LICENCE, 0),
    Photograph("street_200", OPENCV, STREET, "train", OPENCV_LICENCE, 200),
    Photograph("street_450", OPENCV, STREET, "train", OPENCV_LICENCE, 450),
    Photograph("street_550", OPENCV, STREET, "train", OPENCV_LICENCE, 550),
    Photograph("street_700", OPENCV, STREET, "train", OPENCV_LICENCE, 700),
)
