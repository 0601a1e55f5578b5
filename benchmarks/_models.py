"""Models with random weights of the real classes, saved as folders that load like a download from a hub.

`tiny_models` builds one of every kind that `vpd.tools.transformers` serves in a few seconds, for tests;
`realistic_model` builds one of the size that people use, for measuring speed and memory. They see nothing:
only shapes, types, timing and the way through the code are real.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import models

from benchmarks._model_sizes import NAMES, TINY, Size, edges, square, token_ids
from benchmarks._tokenizers import byte_tokenizer, byte_words, clip_tokenizer
from benchmarks._writing_models import got_ocr2, idefics3, llava, paligemma

SMALL = Size(192, 6, 3, 224, 192, 4, 0)
REALISTIC = {
    "owlv2": Size(768, 12, 12, 960, 512, 12, 49_408),
    "grounding_dino": Size(96, 0, 0, 800, 768, 12, 30_522),
    "detr": Size(256, 6, 8, 800, 0, 0, 0),
    "rt_detr": Size(256, 6, 8, 640, 0, 0, 0),
    "clip": Size(1024, 24, 16, 224, 768, 12, 49_408),
    "siglip": Size(768, 12, 12, 256, 768, 12, 256_000),
    "depth_anything": Size(384, 12, 6, 518, 0, 0, 0),
    "dpt": Size(1024, 24, 16, 384, 0, 0, 0),
    "paligemma": Size(1152, 27, 16, 224, 2048, 18, 257_216),
    "idefics3": Size(768, 12, 12, 512, 960, 32, 49_280),
    "llava": Size(1024, 24, 16, 336, 2048, 24, 32_064),
    "got_ocr2": Size(768, 12, 12, 1024, 1024, 24, 151_860),
}
"""About: OWLv2 base, Grounding DINO tiny, DETR and RT-DETR R50, CLIP L/14, SigLIP 2 base, Depth Anything V2
small, DPT large, PaliGemma 3B, SmolVLM 500M, LLaVA with a decoder of 1.5 B, GOT-OCR 2."""


def tiny_models(folder: Path) -> dict[str, Path]:
    """Write one tiny model of every kind; returns their folders by kind, such as "owlv2" or "paligemma"."""
    return {kind: _write(kind, TINY, folder / kind) for kind in _BUILDERS}


def small_model(kind: str, folder: Path) -> Path:
    """Write one model that a CPU runs in tens of milliseconds; `kind` as in `tiny_models`."""
    return _write(kind, SMALL, folder / f"{kind}-small")


def realistic_model(kind: str, folder: Path) -> Path:
    """Write one model of the size that people use; `kind` as in `tiny_models`."""
    return _write(kind, REALISTIC[kind], folder / f"{kind}-realistic")


def _write(kind: str, size: Size, folder: Path) -> Path:
    torch.manual_seed(0)
    model, processor = _BUILDERS[kind](size)
    if size in (TINY, SMALL):
        _enliven(model, getattr(processor, "tokenizer", processor))
    else:
        model.bfloat16()
    model.save_pretrained(folder)
    processor.save_pretrained(folder)
    return folder


def _enliven(model: Any, tokenizer: Any) -> None:
    """Make the outputs of a few layers depend on the picture and the text, which 0.02 everywhere does not.

    Special tokens are never the likeliest, so that a model that writes does write something.
    """
    for module in model.modules():
        if isinstance(module, torch.nn.Linear):
            torch.nn.init.normal_(module.weight, std=module.in_features**-0.5)
        if isinstance(module, torch.nn.Conv2d):
            torch.nn.init.normal_(module.weight, std=module.weight[0].numel() ** -0.5)
        if isinstance(module, torch.nn.Embedding):
            torch.nn.init.normal_(module.weight)
    head = model.get_output_embeddings()
    if head is not None:
        head.weight.data[list(tokenizer.added_tokens_decoder)] = 0


def _owlv2(size: Size) -> tuple[Any, Any]:
    tokenizer = clip_tokenizer(longest=16)
    config = transformers.Owlv2Config(
        text_config=size.text(max_position_embeddings=16, **token_ids(tokenizer, size)),
        vision_config=size.tower(),
        projection_dim=size.text_width,
    )
    images = models.owlv2.image_processing_pil_owlv2.Owlv2ImageProcessorPil(size=square(size))
    return transformers.Owlv2ForObjectDetection(config), transformers.Owlv2Processor(images, tokenizer)


def _grounding_dino(size: Size) -> tuple[Any, Any]:
    tokenizer = transformers.BertTokenizer(vocab=byte_words("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))
    tiny = size is TINY
    backbone = transformers.SwinConfig(
        image_size=size.side if tiny else 384,
        embed_dim=8 if tiny else 96,
        depths=[1, 1, 1, 1] if tiny else [2, 2, 6, 2],
        num_heads=[1, 1, 2, 2] if tiny else [3, 6, 12, 24],
        window_size=2 if tiny else 7,
        out_indices=[2, 3, 4],
    )
    text = transformers.BertConfig(**size.text(vocab_size=max(len(tokenizer), size.vocabulary)))
    small = {**_small_detector(queries=12), "decoder_layers": 2} if tiny else {}
    config = transformers.GroundingDinoConfig(backbone_config=backbone, text_config=text, **small)
    images = models.grounding_dino.image_processing_pil_grounding_dino.GroundingDinoImageProcessorPil(
        size=edges(size)
    )
    model = transformers.GroundingDinoForObjectDetection(config)
    return model, transformers.GroundingDinoProcessor(images, tokenizer)


def _detr(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    backbone = transformers.ResNetConfig(
        out_features=["stage4"],
        **({"embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]} if tiny else {}),
    )
    small = _small_detector(queries=12) if tiny else {}
    config = transformers.DetrConfig(
        use_timm_backbone=False, backbone_config=backbone, id2label=dict(enumerate(NAMES)), **small
    )
    images = models.detr.image_processing_pil_detr.DetrImageProcessorPil(size=edges(size))
    return transformers.DetrForObjectDetection(config), images


def _rt_detr(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    widths = {"embedding_size": 8, "hidden_sizes": [8, 8, 16, 16], "depths": [1, 1, 1, 1]} if tiny else {}
    backbone = transformers.RTDetrResNetConfig(out_features=["stage2", "stage3", "stage4"], **widths)
    small = {
        **_small_detector(queries=12),
        "encoder_hidden_dim": 32,
        "encoder_in_channels": [8, 16, 16],
        "decoder_in_channels": [32, 32, 32],
    }
    config = transformers.RTDetrConfig(
        backbone_config=backbone, id2label=dict(enumerate(NAMES)), **(small if tiny else {})
    )
    images = models.rt_detr.image_processing_pil_rt_detr.RTDetrImageProcessorPil(size=square(size))
    return transformers.RTDetrForObjectDetection(config), images


def _clip(size: Size) -> tuple[Any, Any]:
    tokenizer = clip_tokenizer(longest=77)
    config = transformers.CLIPConfig(
        text_config=size.text(max_position_embeddings=77, **token_ids(tokenizer, size)),
        vision_config=size.tower(patch=14 if size is not TINY else 16),
        projection_dim=size.text_width,
    )
    images = models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
        size={"shortest_edge": size.side}, crop_size=square(size)
    )
    return transformers.CLIPModel(config), transformers.CLIPProcessor(images, tokenizer)


def _siglip(size: Size) -> tuple[Any, Any]:
    tokenizer = byte_tokenizer(transformers.Siglip2Tokenizer)
    config = transformers.SiglipConfig(
        text_config=size.text(
            max_position_embeddings=64, projection_size=size.width, **token_ids(tokenizer, size)
        ),
        vision_config=size.tower(),
    )
    images = models.siglip.image_processing_pil_siglip.SiglipImageProcessorPil(size=square(size))
    return transformers.SiglipModel(config), transformers.SiglipProcessor(images, tokenizer)


def _depth_anything(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    side = 56 if tiny else size.side
    layers = 4 if tiny else size.layers
    backbone = transformers.Dinov2Config(
        **{**size.tower(patch=14), "image_size": side, "num_hidden_layers": layers},
        out_indices=list(range(layers - 3, layers + 1)),
        reshape_hidden_states=False,
    )
    necks = {
        "neck_hidden_sizes": [8, 8, 16, 16],
        "fusion_hidden_size": 8,
        "head_hidden_size": 4,
    }
    config = transformers.DepthAnythingConfig(
        backbone_config=backbone, reassemble_hidden_size=size.width, **(necks if tiny else {})
    )
    return transformers.DepthAnythingForDepthEstimation(config), _dpt_images(side, multiple=14)


def _dpt(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    necks = {"neck_hidden_sizes": [8, 8, 16, 16], "fusion_hidden_size": 8}
    config = transformers.DPTConfig(
        **{**size.tower(), "num_hidden_layers": 4 if tiny else size.layers},
        backbone_out_indices=[0, 1, 2, 3] if tiny else [5, 11, 17, 23],
        use_auxiliary_head=False,
        **(necks if tiny else {"neck_hidden_sizes": [256, 512, 1024, 1024]}),
    )
    return transformers.DPTForDepthEstimation(config), _dpt_images(size.side, multiple=1)


def _dpt_images(side: int, multiple: int) -> Any:
    return models.dpt.image_processing_pil_dpt.DPTImageProcessorPil(
        size={"height": side, "width": side}, keep_aspect_ratio=multiple > 1, ensure_multiple_of=multiple
    )


def _small_detector(queries: int) -> dict[str, Any]:
    return {
        "d_model": 32,
        "num_queries": queries,
        "encoder_layers": 1,
        "decoder_layers": 1,
        "encoder_attention_heads": 2,
        "decoder_attention_heads": 2,
        "encoder_ffn_dim": 32,
        "decoder_ffn_dim": 32,
    }


_BUILDERS: dict[str, Callable[[Size], tuple[Any, Any]]] = {
    "owlv2": _owlv2,
    "grounding_dino": _grounding_dino,
    "detr": _detr,
    "rt_detr": _rt_detr,
    "clip": _clip,
    "siglip": _siglip,
    "depth_anything": _depth_anything,
    "dpt": _dpt,
    "paligemma": paligemma,
    "idefics3": idefics3,
    "llava": llava,
    "got_ocr2": got_ocr2,
}
