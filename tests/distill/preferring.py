"""A small store of real runs with right and wrong answers, and a student to start from."""

from pathlib import Path
from typing import Any

from tests.distill.conftest import TINY
from tests.export.conftest import COUNT, Asked
from vpd.distill.config import TrainConfig
from vpd.distill.student import build_student
from vpd.rationale.telling.forms import FORMS

RIGHT_AND_WRONG = (("cubes", "chosen"), ("spheres", "wrong"), ("red cubes", "wrong"))


def cases(split: str, *pictures: int) -> tuple[Asked, ...]:
    """One question about each picture, with one right program and two wrong ones: two pairs."""
    return tuple(Asked(f"{split}-{n}", COUNT, ("2",), RIGHT_AND_WRONG, split, picture=n) for n in pictures)


SHARDS = ("made-000", "made-001")
OF_SHARD = (
    cases("train", 0, 1) + cases("val", 2),
    cases("train", 3) + cases("val", 4) + cases("test", 5),
)
TRAINED, HELD = 6, 4  # pairs


def blank_student(folder: Path) -> str:
    """Save a tiny student with random weights that knows the words of rationales; returns the folder."""
    words = [text for phrasings in FORMS.values() for text in phrasings]
    build_student(TINY, [COUNT, "I find 2 cubes at [1 2 3 4]. The answer is 2.", *words] * 2, 0).save(folder)
    return str(folder)


def stage(store: str, base: str, output: Path, /, **changes: Any) -> TrainConfig:
    """Return a preference stage of a few steps."""
    fields: dict[str, Any] = {
        "store": store,
        "shards": SHARDS,
        "arm": "student",
        "output": output,
        "base": base,
        "preference": {},
        "steps": 6,
        "batch_size": 4,
        "lr": 1e-2,
        "checkpoint_every": 2,
        "eval_every": 3,
        "log_every": 3,
    }
    return TrainConfig.model_validate(fields | changes)
