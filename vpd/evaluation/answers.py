"""Reading a model's answer out of what it wrote: the one place where this is decided.

In answer mode the whole text is the answer. In rationale mode it is what stands after the last
"The answer is" and before the full stop that ends the text; a rationale without that sentence has no answer.

Not here: normalisation and scoring (`vpd.scoring`), boxes in rationales (`vpd.evaluation.boxes`).
"""

import re
from typing import Literal

Mode = Literal["answer", "rationale"]

_CLOSING = re.compile(r"\bthe answer is\b", re.IGNORECASE)


def read_answer(text: str, mode: Mode) -> str | None:
    """Return the answer as the model wrote it, or None if the text holds none."""
    if mode == "answer":
        return text.strip() or None
    *_, closing = _CLOSING.split(text)
    if closing == text:
        return None
    return closing.strip().removesuffix(".").strip() or None
