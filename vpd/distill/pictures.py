"""Looking at pictures in the way that the model's kind of attention allows."""

from torch import nn

from vpd.distill.adapters.protocol import Prefix
from vpd.distill.features import image_features
from vpd.distill.prefix import encode_prefix
from vpd.distill.reading import Pictures
from vpd.distill.whole import WholeSequences

_PREFIX_LMS = {"paligemma"}  # model types in which pictures see the prompt


def look(model: nn.Module, prefix: Prefix, *, shared: bool = True) -> Pictures:
    """Return the pictures as the model sees them; `prefix` is what `Collator.prefix` returns.

    Texts share a pass over their picture, which costs a call more: a single text is faster without.
    Raises ConfigError if features and placeholders of whole sequences do not match.
    """
    prefix_lm = model.config.model_type in _PREFIX_LMS  # type: ignore[operator,union-attr]
    if prefix_lm or not shared or getattr(model, "is_activation_checkpointing", False):
        return WholeSequences(model, prefix, image_features(model, prefix), prefix_lm)
    return encode_prefix(model, prefix)
