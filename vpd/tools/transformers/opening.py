"""From the sections of a tool set's file to tools. Loads configurations and processors, but no weights."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Any

from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoModelForDepthEstimation,
    AutoModelForImageTextToText,
    AutoModelForObjectDetection,
    AutoModelForZeroShotObjectDetection,
    AutoProcessor,
)
from transformers.models.auto.modeling_auto import (
    MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
    MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES,
)

from vpd.errors import ConfigError, ModelFileError
from vpd.tools.hub import DetectorSection, HubConfig, ImageTextSection, ModelSection, WritingSection
from vpd.tools.methods import IMAGE_PATCH
from vpd.tools.protocol import Tool, ToolCard, tool_version
from vpd.tools.transformers import closed, depth, image_text, writing, zero_shot
from vpd.tools.transformers.detection import Detector, Finding
from vpd.tools.transformers.files import ModelFiles, find_model
from vpd.tools.transformers.pool import ModelPool
from vpd.tools.transformers.tool import Answering, ModelTool
from vpd.tools.transformers.weights import Loaded, Weights, check_device

CODE_VERSION = 1  # raise it with every change in this folder that can change an answer


def open_tools(config: HubConfig) -> Mapping[str, Tool]:
    """Return the tools of the sections that name a model; they share one pool.

    Raises ConfigError or ModelFileError that names the section.
    """
    check_device(config.device)
    shared = _Shared(config)
    tools: dict[str, Tool] = {}
    for name, open_section in _SECTIONS.items():
        section = getattr(config, name)
        if section is None:
            continue
        try:
            tools |= open_section(shared, section, find_model(section.model, section.revision))
        except (ConfigError, ModelFileError) as error:
            raise type(error)(f"[{name}] {error}") from error
    return tools


class _Shared:
    """What all tools of a file have in common."""

    def __init__(self, config: HubConfig) -> None:
        self._config = config
        self._pool: ModelPool[Loaded] = ModelPool(int(config.memory_gb * 1e9))

    def weights(
        self, section: ModelSection, files: ModelFiles, model_class: Any, processor_class: Any = AutoProcessor
    ) -> Weights:
        """Return a section's weights on this file's device."""
        dtype = section.dtype or self._config.dtype
        return Weights(files, model_class, processor_class, self._config.device, dtype)

    def tools(
        self,
        weights: Weights,
        methods: Mapping[str, Answering],
        vocabulary: tuple[str, ...] | None = None,
        **decides: object,
    ) -> dict[str, Tool]:
        """Return a tool for each method; `decides` is what besides the weights decides answers."""
        room = weights.check()
        tools: dict[str, Tool] = {}
        for method, how in methods.items():
            kind = IMAGE_PATCH[method].kind
            version = tool_version(
                kind,
                model=weights.name,
                revision=weights.files.revision,
                dtype=weights.dtype,
                **decides,
                code=CODE_VERSION,
            )
            card = ToolCard(kind, version, vocabulary, weights.device, room)
            tools[method] = ModelTool(card, weights, self._pool, how, self._config.batch)
        return tools


def _detection(shared: _Shared, section: DetectorSection, files: ModelFiles) -> dict[str, Tool]:
    kind = files.config.model_type
    detector: Detector
    if kind in zero_shot.OWL + zero_shot.GROUNDING:
        weights = shared.weights(section, files, AutoModelForZeroShotObjectDetection)
        threshold = zero_shot.THRESHOLD if section.threshold is None else section.threshold
        detector, names = zero_shot.ZeroShotDetector(kind, threshold), None
    elif kind in MODEL_FOR_OBJECT_DETECTION_MAPPING_NAMES:
        weights = shared.weights(section, files, AutoModelForObjectDetection, AutoImageProcessor)
        threshold = closed.THRESHOLD if section.threshold is None else section.threshold
        vocabulary = closed.Vocabulary(files.config.id2label)
        if not vocabulary.names:
            raise ConfigError(f"{files.name} does not say what its classes are called (id2label)")
        detector, names = closed.ClosedDetector(vocabulary, threshold), vocabulary.names
    else:
        raise _unfit(files, "a detector: OWL-ViT, OWLv2, Grounding DINO, or one of a fixed list of names")
    methods = {
        "find": Finding(detector, section.overlap),
        "exists": Finding(detector, section.overlap, only_exists=True),
    }
    return shared.tools(weights, methods, names, threshold=threshold, overlap=section.overlap)


def _image_text(shared: _Shared, section: ImageTextSection, files: ModelFiles) -> dict[str, Tool]:
    kind = files.config.model_type
    if kind not in image_text.SOFTMAX + image_text.SIGMOID:
        raise _unfit(files, "CLIP, MetaCLIP 2, SigLIP or SigLIP 2")
    scores = image_text.Scores(kind)
    threshold = image_text.THRESHOLD if section.threshold is None else section.threshold
    methods: dict[str, Answering] = {
        "verify_property": image_text.PropertyCheck(scores, threshold),
        "best_text_match": image_text.BestMatch(scores),
    }
    return shared.tools(shared.weights(section, files, AutoModel), methods, threshold=threshold)


def _depth(shared: _Shared, section: ModelSection, files: ModelFiles) -> dict[str, Tool]:
    if files.config.model_type not in depth.KINDS:
        raise _unfit(files, "DPT or Depth Anything")
    weights = shared.weights(section, files, AutoModelForDepthEstimation, AutoImageProcessor)
    return shared.tools(weights, {"compute_depth": depth.Depth(depth.is_metric(files.config))})


def _questions(shared: _Shared, section: WritingSection, files: ModelFiles) -> dict[str, Tool]:
    if files.config.model_type in writing.READERS:
        raise ConfigError(f"{files.name} only reads text; it belongs into [reading]")
    prompt = section.prompt or writing.QUESTION_PROMPT
    if "{question}" not in prompt:
        raise ConfigError(f"prompt {prompt!r} lacks the slot {{question}}")
    tokens = section.tokens or writing.QUESTION_TOKENS
    return _writing(shared, section, files, "simple_query", writing.Questions(prompt, tokens))


def _reading(shared: _Shared, section: WritingSection, files: ModelFiles) -> dict[str, Tool]:
    usual = None if files.config.model_type in writing.READERS else writing.READING_PROMPT
    how = writing.Reading(section.prompt or usual, section.tokens or writing.READING_TOKENS)
    return _writing(shared, section, files, "read_text", how)


def _writing(
    shared: _Shared,
    section: WritingSection,
    files: ModelFiles,
    method: str,
    how: writing.Questions | writing.Reading,
) -> dict[str, Tool]:
    if files.config.model_type not in MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES:
        raise _unfit(files, "a model that writes text about pictures, such as PaliGemma, SmolVLM or LLaVA")
    digest = hashlib.sha256((how.prompt or "").encode()).hexdigest()[:12]
    weights = shared.weights(section, files, AutoModelForImageTextToText)
    return shared.tools(weights, {method: how}, prompt=digest, tokens=how.tokens)


def _unfit(files: ModelFiles, wanted: str) -> ConfigError:
    return ConfigError(
        f"{files.name} is of the kind {files.config.model_type!r}; this section takes {wanted}"
    )


_SECTIONS: dict[str, Callable[[_Shared, Any, ModelFiles], dict[str, Tool]]] = {
    "detector": _detection,
    "image_text": _image_text,
    "depth": _depth,
    "questions": _questions,
    "reading": _reading,
}
