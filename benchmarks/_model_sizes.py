"""How large a model with random weights is, and the settings that follow from it."""

from dataclasses import dataclass
from typing import Any

NAMES = ("cat", "dog", "traffic light", "person", "glass")
"""What the closed detectors know."""


@dataclass(frozen=True)
class Size:
    """How large a model is. `side` is the picture's side in pixels that it looks at."""

    width: int
    layers: int
    heads: int
    side: int
    text_width: int
    text_layers: int
    vocabulary: int

    def tower(self, patch: int = 16, **more: Any) -> dict[str, Any]:
        """Return the settings of a vision transformer."""
        return {
            "hidden_size": self.width,
            "intermediate_size": 4 * self.width,
            "num_hidden_layers": self.layers,
            "num_attention_heads": self.heads,
            "image_size": self.side,
            "patch_size": patch,
            **more,
        }

    def text(self, **more: Any) -> dict[str, Any]:
        """Return the settings of a text transformer."""
        return {
            "hidden_size": self.text_width,
            "intermediate_size": 4 * self.text_width,
            "num_hidden_layers": self.text_layers,
            "num_attention_heads": max(2, self.text_width // 64),
            **more,
        }


TINY = Size(32, 2, 2, 64, 32, 2, 0)


def square(size: Size) -> dict[str, int]:
    """Return the size of a square picture."""
    return {"height": size.side, "width": size.side}


def edges(size: Size) -> dict[str, int]:
    """Return a size by the picture's shortest and longest edge."""
    return {"shortest_edge": size.side, "longest_edge": size.side * 5 // 3}


def token_ids(tokenizer: Any, size: Size) -> dict[str, int]:
    """Return a text model's settings that follow from its tokenizer."""
    return {
        "vocab_size": max(len(tokenizer), size.vocabulary),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }
