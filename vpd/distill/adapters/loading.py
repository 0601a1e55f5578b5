"""Loading a model's processor from its parts, so that pictures look the same wherever vpd runs.

Pictures are always resized by Pillow, also where torchvision is installed, which rounds differently. Videos
are never read, so the part that reads them only keeps its settings for whoever loads an exported model, and
neither torchvision (Qwen-VL, LLaVA-OneVision, InternVL) nor num2words (SmolVLM) has to be there. SmolVLM is
prompted by Idefics3's processor, which makes the same of a picture.
"""

from typing import Any

from transformers import (
    AutoImageProcessor,
    AutoTokenizer,
    Idefics3Processor,
    PreTrainedConfig,
    SmolVLMConfig,
)
from transformers.models.auto.processing_auto import PROCESSOR_MAPPING
from transformers.video_processing_utils import BaseVideoProcessor, VideoProcessorMixin

from vpd.errors import ConfigError


class UnusedVideoProcessor(VideoProcessorMixin):  # type: ignore[misc]
    """The settings of a video processor, kept for whoever loads an exported model."""

    def __init__(self, settings: dict[str, Any]) -> None:
        super().__init__()
        self.settings = settings

    def to_dict(self) -> dict[str, Any]:
        """Return the settings as they were read."""
        return dict(self.settings)


def pictures_only(made: Any) -> Any:
    """Return a processor class that takes an UnusedVideoProcessor; it goes by the name of the original."""

    def check(self: Any, name: str, argument: Any) -> Any:
        if isinstance(argument, UnusedVideoProcessor):
            return VideoProcessorMixin
        return made.check_argument_for_proper_class(self, name, argument)

    return type(made.__name__, (made,), {"check_argument_for_proper_class": check})


def load_processor(source: str, config: PreTrainedConfig) -> Any:
    """Load the processor of a hub id or folder whose model has this configuration.

    Raises ConfigError if there is none, or if it has no image processor or tokenizer.
    """
    made = (
        Idefics3Processor if isinstance(config, SmolVLMConfig) else PROCESSOR_MAPPING.get(type(config), None)
    )
    if made is None:
        raise ConfigError(
            f"base {source!r}: {config.model_type} has no processor that reads pictures and text: "
            "choose an image-text-to-text model"
        )
    settings, _ = made.get_processor_dict(source)
    parts = [_part(source, name) for name in made.get_attributes()]
    try:
        return pictures_only(made).from_args_and_dict(parts, settings)
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"base {source!r}: its parts make no {made.__name__}: {error}") from error


def _part(source: str, name: str) -> Any:
    try:
        if name == "tokenizer":
            return AutoTokenizer.from_pretrained(source)
        if name == "image_processor":
            return AutoImageProcessor.from_pretrained(source, backend="pil")
        settings, _ = BaseVideoProcessor.get_video_processor_dict(source)
        return UnusedVideoProcessor(settings)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(
            f"base {source!r} has no {name.replace('_', ' ')} ({first_line(error)}): add the files of the "
            "processor that belong to the model, or choose another"
        ) from error


def first_line(error: BaseException) -> str:
    """Return the first line of an error, without the advice that follows it."""
    return str(error).strip().partition("\n")[0] or type(error).__name__
