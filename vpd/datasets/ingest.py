"""Ingest: a source's pictures and questions become shards of the tables `images` and `questions`.

Pictures are decoded once, made fit to store and kept as blobs by sha256. A row that cannot be taken is
refused with its reason and the others go on. Not here: what a source is (`vpd.datasets.sources`).
"""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from itertools import islice

from vpd.datasets.pictures import PictureFile, prepare_picture
from vpd.datasets.sources import (
    ImageRef,
    RawQuestion,
    Source,
    assign_split,
    find_spec,
    open_source,
    shard_index,
    source_of,
)
from vpd.errors import BadRowError
from vpd.records import IMAGES, QUESTIONS, SCENE_TRUTH, Image, Question, Refused, SceneTruth
from vpd.stage import ShardResult, Stage, StageOutput, Stats, run_stage
from vpd.store import ArtifactStore, blob_digest

IMAGES_STAGE = Stage(IMAGES, version="1", beside=(SCENE_TRUTH,))
QUESTIONS_STAGE = Stage(QUESTIONS, version="1", upstream=(IMAGES, SCENE_TRUTH))
WRITERS = 8  # blobs written at once: a write waits for the disk or the network, not for a core
COMMON = 20  # values counted one by one in a shard's statistics


def ingest_images(store: ArtifactStore, shard: str, *, redo: bool = False) -> ShardResult:
    """Commit the pictures of a shard; `redo` reads them again though the shard is current.

    Raises ConfigError if the source or the shard is unknown.
    """
    spec = find_spec(store, source_of(shard))
    source, index = open_source(spec, store), shard_index(spec, shard)
    settings = {"source": asdict(spec)}
    return run_stage(
        store, IMAGES_STAGE, shard, settings, lambda _: _take_images(store, source, spec.name, index), redo
    )


def ingest_questions(store: ArtifactStore, shard: str, *, redo: bool = False) -> ShardResult:
    """Commit the questions of a shard whose pictures are committed; `redo` as for pictures.

    Raises ConfigError if the source or the shard is unknown, MissingShardError if the pictures are missing.
    """
    spec = find_spec(store, source_of(shard))
    source, index = open_source(spec, store), shard_index(spec, shard)
    return run_stage(
        store,
        QUESTIONS_STAGE,
        shard,
        {"source": asdict(spec)},
        lambda inputs: _take_questions(source, spec.name, index, IMAGES.rows(inputs["images"])),
        redo,
    )


def _take_images(store: ArtifactStore, source: Source, name: str, index: int) -> StageOutput:
    rows: dict[str, Image] = {}
    truths: dict[str, SceneTruth] = {}
    refused: list[BadRowError] = []

    for taken in _store_images(store, source, name, source.images(index)):
        if isinstance(taken, BadRowError):
            refused.append(taken)
            continue
        image, scene_json = taken
        first = rows.setdefault(image.image_id, image)
        if first.split != image.split:
            problem = f"the same picture as {first.image_ref}, which is in {first.split}: use one split"
            refused.append(BadRowError(problem, reason="two_splits", row=image.image_ref))
        elif scene_json is not None:
            truths.setdefault(image.image_id, SceneTruth(image.image_id, image.image_ref, scene_json))
    stats = {
        "by_split": _counts(image.split for image in rows.values()),
        "bytes": sum(image.size_bytes for image in rows.values()),
        "refused_by_reason": _counts(error.reason for error in refused),
    }
    return StageOutput(
        IMAGES.frame(rows.values()),
        stats,
        [Refused(error.row, name, error.problem) for error in refused],
        ((SCENE_TRUTH, SCENE_TRUTH.frame(truths.values())),),
    )


def _store_images(
    store: ArtifactStore, source: Source, name: str, pictures: Iterator[ImageRef]
) -> Iterator[tuple[Image, str | None] | BadRowError]:
    """Store pictures, a few at a time, and yield each as its row and its ground truth."""
    with ThreadPoolExecutor(WRITERS) as pool:
        while batch := list(islice(pictures, WRITERS)):
            read = [_read_image(source, name, picture) for picture in batch]
            good = [r for r in read if not isinstance(r, BadRowError)]
            list(pool.map(store.put_blob, [file.data for _, _, file in good]))
            yield from (r if isinstance(r, BadRowError) else r[:2] for r in read)


def _read_image(
    source: Source, name: str, picture: ImageRef
) -> tuple[Image, str | None, PictureFile] | BadRowError:
    try:
        raw = source.load(picture.ref)
        file = prepare_picture(raw.data)
    except BadRowError as error:
        return BadRowError(error.problem, reason=error.reason, row=picture.ref)
    image_id = blob_digest(file.data)
    split = picture.split or assign_split(image_id)
    size = len(file.data)
    image = Image(image_id, picture.ref, name, split, file.width, file.height, file.media_type, size)
    return image, raw.scene_json, file


def _take_questions(source: Source, name: str, index: int, images: list[Image]) -> StageOutput:
    pictures = _Pictures(source, images)
    rows: dict[str, Question] = {}
    refused: list[BadRowError] = []
    for raw in source.questions(index):
        if isinstance(raw, BadRowError):
            refused.append(raw)
            continue
        try:
            question = _question(name, raw, pictures.find(raw.image_ref))
        except BadRowError as error:
            refused.append(BadRowError(error.problem, reason=error.reason, row=raw.row))
            continue
        rows[question.question_id] = question
    return StageOutput(
        QUESTIONS.frame(rows.values()),
        _question_stats(rows.values(), refused),
        [Refused(error.row, name, error.problem) for error in refused],
    )


def _question(name: str, raw: RawQuestion, image: Image) -> Question:
    if raw.split not in (None, image.split):
        problem = f"`split` is {raw.split}, but the same picture is in {image.split}: use one split"
        raise BadRowError(problem, reason="two_splits")
    return Question(
        question_id=f"{name}:{raw.id}",
        image_id=image.image_id,
        text=" ".join(raw.text.split()),
        answers=raw.answers,
        choices=raw.choices,
        family=raw.family,
        split=image.split,
        held_out_text=raw.held_out_text,
        source=name,
    )


class _Pictures:
    """The committed pictures of a shard, by reference.

    A reference that is not among them is read again: it has the same content as another one, or was refused.
    """

    def __init__(self, source: Source, images: list[Image]) -> None:
        self._source = source
        self._by_id = {image.image_id: image for image in images}
        self._by_ref: dict[str, Image | BadRowError] = {image.image_ref: image for image in images}

    def find(self, ref: str) -> Image:
        """Return the picture; raises BadRowError with the reason why there is none."""
        if ref not in self._by_ref:
            self._by_ref[ref] = self._find_by_content(ref)
        found = self._by_ref[ref]
        if isinstance(found, BadRowError):
            raise found
        return found

    def _find_by_content(self, ref: str) -> Image | BadRowError:
        try:
            image_id = blob_digest(prepare_picture(self._source.load(ref).data).data)
        except BadRowError as error:
            return error
        problem = f"picture {ref} changed after the pictures were ingested: ingest again"
        return self._by_id.get(image_id) or BadRowError(problem, reason="changed_picture")


def _question_stats(rows: Collection[Question], refused: list[BadRowError]) -> Stats:
    return {
        "by_split": _counts(row.split for row in rows),
        "by_family": _counts(row.family for row in rows),
        "by_answer": _counts(row.answers[0] for row in rows if row.answers),
        "unlabelled": sum(not row.answers for row in rows),
        "texts": len({row.text for row in rows}),
        "refused_by_reason": _counts(error.reason for error in refused),
    }


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(Counter(values).most_common(COMMON))
