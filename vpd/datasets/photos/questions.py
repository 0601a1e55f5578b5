"""The hand-written questions of the set `photos`, read from `questions.jsonl` beside this file.

Every question was written by looking at the photograph at full size. `answers` lists each wording that should
count as right; scoring normalises case, articles and number words.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

FILE = Path(__file__).with_name("questions.jsonl")

Text = Annotated[str, StringConstraints(pattern=r"\S")]
Family = Literal["count", "existence", "attribute", "relation", "comparison", "reading", "knowledge"]


class PhotoQuestion(BaseModel):
    """A question about the photograph whose ref is `photograph`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Text
    photograph: Text
    family: Family
    question: Text
    answers: tuple[Text, ...] = Field(min_length=1)


@cache
def photo_questions() -> tuple[PhotoQuestion, ...]:
    """Return all questions, in the order of the file."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return tuple(PhotoQuestion.model_validate_json(line) for line in lines)
