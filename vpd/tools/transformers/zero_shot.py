"""Detectors that look for whatever a text says: OWL-ViT, OWLv2, Grounding DINO.

Minderer et al., Scaling Open-Vocabulary Object Detection (NeurIPS 2023); Liu et al., Grounding DINO (ECCV
2024). Each region is asked for one name, so a name's boxes do not depend on what else is asked for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from vpd.tools.protocol import ToolFailure
from vpd.tools.transformers.crops import Crop
from vpd.tools.transformers.detection import Scored, as_scored, in_float32
from vpd.tools.transformers.pixels import batches, padding_of
from vpd.tools.transformers.weights import Loaded

OWL = ("owlvit", "owlv2")
GROUNDING = ("grounding-dino", "mm-grounding-dino")
THRESHOLD = 0.2


@dataclass(frozen=True)
class ZeroShotDetector:
    """A detector of one of the kinds OWL and GROUNDING. `threshold` is the least score, 0 to 1."""

    kind: str
    threshold: float

    def refuse(self, name: str) -> ToolFailure | None:
        """Refuse an empty name; any other will do."""
        return None if name.strip() else ToolFailure("argument", "there is no name to look for")

    def detect(self, model: Loaded, crops: Sequence[Crop], names: Sequence[str]) -> list[Scored]:
        """Return what has the name, in pixels of the crop."""
        processor = model.processor
        found: dict[int, Scored] = {}
        padding = padding_of(processor.image_processor, model.network)
        for numbers, pixels in batches(processor.image_processor, [c.image for c in crops], **padding):
            words = self._words(model, [names[n] for n in numbers])
            outputs = in_float32(model.network(**model.inputs({**pixels, **words})))
            sizes = [crops[n].size for n in numbers]
            for number, scored in zip(numbers, self._boxes(processor, outputs, sizes), strict=True):
                found[number] = scored
        return [found[number] for number in range(len(crops))]

    def _words(self, model: Loaded, names: Sequence[str]) -> dict[str, torch.Tensor]:
        """Return the queries as each kind was trained on them."""
        config = model.network.config
        plain = [" ".join(name.lower().split()) for name in names]
        if self.kind in OWL:
            texts, padding = [f"a photo of a {name}" for name in plain], "max_length"
            longest = config.text_config.max_position_embeddings
        else:
            texts, padding = [f"{name.rstrip('.')}." for name in plain], "longest"
            longest = config.max_text_len
        return dict(
            model.processor.tokenizer(
                texts, padding=padding, truncation=True, max_length=longest, return_tensors="pt"
            )
        )

    def _boxes(self, processor: Any, outputs: Any, sizes: Sequence[tuple[int, int]]) -> list[Scored]:
        results = processor.post_process_grounded_object_detection(
            outputs, threshold=self.threshold, target_sizes=list(sizes)
        )
        return [as_scored(result["boxes"], result["scores"]) for result in results]
