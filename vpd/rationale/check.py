"""The check before training: are the examples of these shards fit to learn from and to be measured on?

    image        a picture is missing, damaged or does not decode
    placeholder  a conversation has places for another number of pictures than it has pictures
    empty        a prompt, target or answer is empty
    leakage      a picture is in two splits, or a held-out question text is trained on
    label        an answer is not in normal form

Near-duplicate pictures are not found here: splits are by the sha256 of the file.
"""

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

from PIL import Image as PillowImage

from vpd.errors import LeakageError, StoreError
from vpd.rationale.chat import chat_messages, count_images, text_messages
from vpd.records import EXAMPLES, Example
from vpd.scoring.normalize import normalize
from vpd.store import ArtifactStore

Kind = Literal["image", "placeholder", "empty", "leakage", "label"]
SHOWN = 100  # problems a report keeps in full; all are counted


@dataclass(frozen=True)
class ExampleProblem:
    """What makes one example unfit."""

    kind: Kind
    shard: str
    example_id: str
    message: str


@dataclass
class CheckReport:
    """What was looked at, and what is wrong with it."""

    examples: int = 0
    images: int = 0
    counts: Counter[Kind] = field(default_factory=Counter)
    problems: list[ExampleProblem] = field(default_factory=list)

    @property
    def passed(self) -> bool:
        """True if nothing is wrong."""
        return not self.counts

    def add(self, problem: ExampleProblem) -> None:
        """Count a problem, and keep it if there is room."""
        self.counts[problem.kind] += 1
        if len(self.problems) < SHOWN:
            self.problems.append(problem)


def check_examples(store: ArtifactStore, shards: Sequence[str]) -> CheckReport:
    """Check the examples of several shards together, one shard in memory at a time.

    Kept over shards: the split of each picture and the distinct prompts, so memory grows with those alone.
    """
    report = CheckReport()
    seen = _Seen()
    for shard in shards:
        for example in EXAMPLES.rows(store.read_shard(EXAMPLES, shard)):
            report.examples += 1
            new = example.image_id not in seen.images
            for kind, message in [*_wrong_alone(example), *seen.leaks(example)]:
                report.add(ExampleProblem(kind, shard, example.example_id, message))
            damage = _damage(store, example.image_id) if new else None
            if damage is not None:
                report.add(ExampleProblem("image", shard, example.example_id, damage))
    report.images = len(seen.images)
    return report


def require_fit(report: CheckReport) -> None:
    """Raise LeakageError that names the first problems if a report has any."""
    if report.passed:
        return
    first = "; ".join(f"{p.shard} {p.example_id}: {p.message}" for p in report.problems[:3])
    counts = ", ".join(f"{count} {kind}" for kind, count in report.counts.most_common())
    raise LeakageError(
        f"{report.examples} examples are unfit for training ({counts}): {first}. "
        "Correct the source or its splits and materialise the shards again"
    )


class _Seen:
    """What earlier examples said, to hold later ones against."""

    def __init__(self) -> None:
        self.images: dict[str, str] = {}
        self._trained: set[str] = set()
        self._held_out: set[str] = set()

    def leaks(self, example: Example) -> Iterator[tuple[Kind, str]]:
        """Yield what an example gives away between splits, and remember it."""
        split = self.images.setdefault(example.image_id, example.split)
        if split != example.split:
            yield "leakage", f"picture {example.image_id} is in the splits {split} and {example.split}"
        trained, held_out = example.split == "train", example.held_out_text
        if trained:
            self._trained.add(example.prompt)
        if held_out:
            self._held_out.add(example.prompt)
        if (trained and example.prompt in self._held_out) or (held_out and example.prompt in self._trained):
            yield "leakage", f"the text {example.prompt!r} is held out and trained on"


def _wrong_alone(example: Example) -> Iterator[tuple[Kind, str]]:
    """Yield what is wrong with an example by itself."""
    for name in ("prompt", "target", "answer"):
        if not getattr(example, name).strip():
            yield "empty", f"its {name} is empty"
    for messages in (chat_messages(example), text_messages(example)):
        places = count_images(messages)
        if places != 1:
            yield "placeholder", f"it has 1 picture and places for {places}"
    if normalize(example.answer) != example.answer:
        yield "label", f"its answer {example.answer!r} is not in normal form"


def _damage(store: ArtifactStore, image_id: str) -> str | None:
    """Return why a stored picture cannot be used, or None."""
    try:
        with PillowImage.open(io.BytesIO(store.get_blob(image_id))) as picture:
            picture.load()
    except (StoreError, OSError, ValueError, SyntaxError, PillowImage.DecompressionBombError) as error:
        return f"picture {image_id}: {error}"
    return None
