"""Floating-point operations of a PaliGemma-class model, counted from its configuration.

A multiplication and an addition are two operations. Matrix products count, and attention as if it were dense;
norms, activations and embeddings do not. Training takes three times the forward pass (PaLM, arXiv 2204.02311,
appendix B): what is computed again to save memory is no use of the machine.
"""

from typing import Any


def forward_flops(config: Any, text: int) -> int:
    """Return the operations of one picture with `text` tokens (PaliGemmaConfig); logits of the text alone."""
    vision, decoder = config.vision_config, config.text_config
    patches = (vision.image_size // vision.patch_size) ** 2
    projector = 2 * patches * vision.hidden_size * config.projection_dim
    logits = 2 * text * decoder.hidden_size * decoder.vocab_size
    return _tower(vision, patches) + projector + _decoder(decoder, patches + text) + logits


def training_flops(config: Any, text: int) -> int:
    """Return the operations of a forward and a backward pass in which every weight is trained."""
    return 3 * forward_flops(config, text)


def _tower(config: Any, tokens: int) -> int:
    width = config.hidden_size
    patches = 2 * tokens * config.num_channels * config.patch_size**2 * width
    linear = 2 * tokens * width * (4 * width + 2 * config.intermediate_size)
    return int(patches + config.num_hidden_layers * (linear + 4 * tokens**2 * width))


def _decoder(config: Any, tokens: int) -> int:
    heads = config.num_attention_heads * config.head_dim
    shared = config.num_key_value_heads * config.head_dim
    linear = 2 * tokens * config.hidden_size * (2 * heads + 2 * shared + 3 * config.intermediate_size)
    return int(config.num_hidden_layers * (linear + 4 * tokens**2 * heads))
