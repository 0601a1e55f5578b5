"""Generated scenes as a source: any number of pictures from one seed, each with balanced questions.

A picture is its level and scene seed, so its split follows from these: two sources that share a picture agree
on its split. Held-out texts are asked of test pictures alone.

Not here: how a scene is drawn (`vpd.datasets.scenes.generate`) and what is asked
(`vpd.datasets.scenes.questions`).
"""

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vpd.datasets.scenes.generate import generate_scene
from vpd.datasets.scenes.questions import AskedQuestion, ask, is_held_out
from vpd.datasets.scenes.world import LEVELS, LevelName, Scene
from vpd.datasets.sources import (
    ImageRef,
    RawImage,
    RawQuestion,
    SourceSpec,
    assign_shard,
    assign_split,
    shard_names,
)
from vpd.errors import ConfigError
from vpd.records import SCENE_TRUTH
from vpd.store import ArtifactStore


class ScenesOptions(BaseModel):
    """What decides the pictures and questions of a scenes source."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    level: LevelName = Field("easy", description="easy: small pictures of 2-4 solids; full: up to 8 solids")
    images: int = Field(1500, ge=1, le=10_000_000, description="number of pictures")
    seed: int = Field(0, ge=0, description="pictures of different seeds differ")
    questions_per_image: int = Field(7, ge=1, le=50, description="at most; fewer where fewer texts fit")


def scenes_spec(name: str, shards: int, **options: Any) -> SourceSpec:
    """Return the spec of a scenes source; options are the fields of ScenesOptions."""
    return SourceSpec(name, "scenes", shards, _options(name, options).model_dump())


class ScenesSource:
    """The `Source` of a scenes spec. A picture's reference is `<source>/<level>-<seed>-<number>`.

    Questions come from the ground truth that was committed with the pictures, so nothing is drawn twice.
    """

    def __init__(self, spec: SourceSpec, store: ArtifactStore) -> None:
        self.spec, self.store = spec, store
        self.options = _options(spec.name, spec.options)
        self.level = LEVELS[self.options.level]

    def images(self, shard: int) -> Iterator[ImageRef]:
        """Yield the pictures of a shard in order of their number."""
        for number in range(self.options.images):
            ref = f"{self.spec.name}/{self.options.level}-{self.options.seed}-{number:06d}"
            if assign_shard(ref, self.spec.shards) == shard:
                yield ImageRef(ref, _split(self.options.level, self._seed(number)))

    def load(self, ref: str) -> RawImage:
        """Draw a picture."""
        scene, png = generate_scene(self.level, self._seed(int(ref.rpartition("-")[2])))
        return RawImage(png, scene.to_json())

    def questions(self, shard: int) -> Iterator[RawQuestion]:
        """Yield the questions of a shard's pictures, answered from ground truth."""
        for truth in SCENE_TRUTH.rows(self.store.read_shard(SCENE_TRUTH, shard_names(self.spec)[shard])):
            number = truth.image_ref.rpartition("-")[2]
            for place, asked in enumerate(self._ask(Scene.from_json(truth.scene_json))):
                yield RawQuestion(
                    row=f"{truth.image_ref}, question {place}",
                    id=f"{number}-{place}",
                    image_ref=truth.image_ref,
                    text=asked.text,
                    answers=(asked.answer,),
                    family=asked.family,
                    held_out_text=is_held_out(asked.text),
                )

    def _ask(self, scene: Scene) -> list[AskedQuestion]:
        wanted = self.options.questions_per_image
        asked = ask(scene, self.level, 2 * wanted, self.options.seed)  # twice: held-out texts fall away
        if _split(scene.level, scene.seed) != "test":
            asked = [q for q in asked if not is_held_out(q.text)]
        return asked[:wanted]

    def _seed(self, number: int) -> int:
        return self.options.seed * 10_000_000 + number


def _split(level: str, seed: int) -> str:
    return assign_split(f"scene {level} {seed}")


def _options(name: str, options: Mapping[str, Any]) -> ScenesOptions:
    try:
        return ScenesOptions.model_validate(dict(options))
    except ValidationError as error:
        problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"source {name}: {problems}") from error
