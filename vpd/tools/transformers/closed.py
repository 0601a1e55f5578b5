"""Detectors of a fixed list of names: DETR, RT-DETR, D-FINE and their like. The list is the configuration's.

Carion et al., End-to-End Object Detection with Transformers (ECCV 2020). A name that is not in the list, in
the singular or plural and with or without an article, is outside the vocabulary, never "none found".
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from vpd.tools.coco import SYNONYMS
from vpd.tools.protocol import ToolFailure
from vpd.tools.transformers.crops import Crop
from vpd.tools.transformers.detection import Scored, as_scored, in_float32
from vpd.tools.transformers.pixels import batches, padding_of
from vpd.tools.transformers.weights import Loaded

THRESHOLD = 0.5
_ARTICLE = re.compile(r"^(?:an?|the|any|some)\s+")
_ENDINGS = (("s", ""), ("es", ""), ("ies", "y"), ("ves", "f"), ("ves", "fe"), ("men", "man"))
_NOT_A_NAME = re.compile(r"^(?:n/?a|label \d+|background)?$")


class Vocabulary:
    """The names that a detector knows, by the numbers of their classes."""

    def __init__(self, names: Mapping[int, str]) -> None:
        known = {number: name.lower().strip().replace("_", " ") for number, name in names.items()}
        self.names = tuple(dict.fromkeys(n for n in known.values() if not _NOT_A_NAME.match(n)))
        self._classes: dict[str, set[int]] = {}
        for number, name in known.items():
            if name in self.names:
                self._classes.setdefault(SYNONYMS.get(name, name), set()).add(number)

    def classes(self, words: str) -> frozenset[int]:
        """Return the classes with this name; none if it is outside the vocabulary."""
        noun = _ARTICLE.sub("", " ".join(words.lower().split()))
        singular = [noun.removesuffix(end) + other for end, other in _ENDINGS if noun.endswith(end)]
        known = (self._classes.get(SYNONYMS.get(form, form)) for form in (noun, *singular))
        return frozenset(next(filter(None, known), ()))


@dataclass(frozen=True)
class ClosedDetector:
    """A detector of a vocabulary. `threshold` is the least score, 0 to 1."""

    vocabulary: Vocabulary
    threshold: float

    def refuse(self, name: str) -> ToolFailure | None:
        """Refuse a name outside the vocabulary."""
        if self.vocabulary.classes(name):
            return None
        names = self.vocabulary.names
        some = f"{len(names)} names, such as {', '.join(names[:5])}"
        return ToolFailure("vocabulary", f"{name!r} is outside this detector's vocabulary of {some}")

    def detect(self, model: Loaded, crops: Sequence[Crop], names: Sequence[str]) -> list[Scored]:
        """Return what has the name, in pixels of the crop."""
        found: dict[int, Scored] = {}
        padding = padding_of(model.processor, model.network)
        for numbers, pixels in batches(model.processor, [c.image for c in crops], **padding):
            outputs = in_float32(model.network(**model.inputs(pixels)))
            results = model.processor.post_process_object_detection(
                outputs, threshold=self.threshold, target_sizes=[crops[n].size for n in numbers]
            )
            for number, result in zip(numbers, results, strict=True):
                wanted = self.vocabulary.classes(names[number])
                mine = [i for i, label in enumerate(result["labels"].tolist()) if label in wanted]
                found[number] = as_scored(result["boxes"][mine], result["scores"][mine])
        return [found[number] for number in range(len(crops))]
