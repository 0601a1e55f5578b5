"""Which adapter belongs to which processor."""

from typing import Any

from vpd.distill.adapters.chat import ChatAdapter
from vpd.distill.adapters.idefics3 import Idefics3Adapter
from vpd.distill.adapters.paligemma import PaliGemmaAdapter
from vpd.distill.adapters.protocol import Adapter
from vpd.errors import ConfigError

_ADAPTERS: dict[str, type[ChatAdapter | PaliGemmaAdapter]] = {
    "Idefics3Processor": Idefics3Adapter,
    "InternVLProcessor": ChatAdapter,
    "LlavaOnevisionProcessor": ChatAdapter,
    "LlavaProcessor": ChatAdapter,
    "PaliGemmaProcessor": PaliGemmaAdapter,
    "Qwen2_5_VLProcessor": ChatAdapter,
    "Qwen3VLProcessor": ChatAdapter,
}


def adapter_for(processor: Any) -> Adapter:
    """Return the adapter of a processor; raises ConfigError if its family is not supported."""
    name = type(processor).__name__
    if name not in _ADAPTERS:
        raise ConfigError(
            f"{name} is not supported; supported are {', '.join(_ADAPTERS)} and SmolVLM: choose such a model"
        )
    return _ADAPTERS[name](processor)
