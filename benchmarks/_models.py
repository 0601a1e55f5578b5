"""Models with random weights of the real classes, saved as folders that load like a download from a hub.

`tiny_models` builds one of every kind that `vpd.tools.transformers` serves in a few seconds, for tests;
`realistic_model` builds one of the size that people use, for measuring speed and memory. They see nothing:
only shapes, types, timing and the way through the code are real.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from tokenizers.pre_tokenizers import ByteLevel
from transformers import models

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


def realistic_model(kind: str, folder: Path) -> Path:
    """Write one model of the size that people use; `kind` as in `tiny_models`."""
    return _write(kind, REALISTIC[kind], folder / f"{kind}-realistic")


def _write(kind: str, size: Size, folder: Path) -> Path:
    torch.manual_seed(0)
    model, processor = _BUILDERS[kind](size)
    if size is TINY:
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
    tokenizer = _clip_tokenizer(longest=16)
    config = transformers.Owlv2Config(
        text_config=size.text(max_position_embeddings=16, **_ids(tokenizer, size)),
        vision_config=size.tower(),
        projection_dim=size.text_width,
    )
    images = models.owlv2.image_processing_pil_owlv2.Owlv2ImageProcessorPil(size=_square(size))
    return transformers.Owlv2ForObjectDetection(config), transformers.Owlv2Processor(images, tokenizer)


def _grounding_dino(size: Size) -> tuple[Any, Any]:
    tokenizer = transformers.BertTokenizer(vocab=_words("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"))
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
        size=_edges(size)
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
    images = models.detr.image_processing_pil_detr.DetrImageProcessorPil(size=_edges(size))
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
    images = models.rt_detr.image_processing_pil_rt_detr.RTDetrImageProcessorPil(size=_square(size))
    return transformers.RTDetrForObjectDetection(config), images


def _clip(size: Size) -> tuple[Any, Any]:
    tokenizer = _clip_tokenizer(longest=77)
    config = transformers.CLIPConfig(
        text_config=size.text(max_position_embeddings=77, **_ids(tokenizer, size)),
        vision_config=size.tower(patch=14 if size is not TINY else 16),
        projection_dim=size.text_width,
    )
    images = models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
        size={"shortest_edge": size.side}, crop_size=_square(size)
    )
    return transformers.CLIPModel(config), transformers.CLIPProcessor(images, tokenizer)


def _siglip(size: Size) -> tuple[Any, Any]:
    tokenizer = _bpe(transformers.Siglip2Tokenizer)
    config = transformers.SiglipConfig(
        text_config=size.text(
            max_position_embeddings=64, projection_size=size.width, **_ids(tokenizer, size)
        ),
        vision_config=size.tower(),
    )
    images = models.siglip.image_processing_pil_siglip.SiglipImageProcessorPil(size=_square(size))
    return transformers.SiglipModel(config), transformers.SiglipProcessor(images, tokenizer)


def _depth_anything(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    side = 56 if tiny else size.side
    backbone = transformers.Dinov2Config(
        **{**size.tower(patch=14), "image_size": side, "num_hidden_layers": 4 if tiny else size.layers},
        out_indices=[1, 2, 3, 4] if tiny else [9, 10, 11, 12],
        reshape_hidden_states=False,
    )
    necks = {
        "reassemble_hidden_size": size.width,
        "neck_hidden_sizes": [8, 8, 16, 16],
        "fusion_hidden_size": 8,
        "head_hidden_size": 4,
    }
    config = transformers.DepthAnythingConfig(backbone_config=backbone, **(necks if tiny else {}))
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


def _paligemma(size: Size) -> tuple[Any, Any]:
    patch = 14 if size is not TINY else 16
    images = models.siglip.image_processing_pil_siglip.SiglipImageProcessorPil(size=_square(size))
    images.image_seq_length = (size.side // patch) ** 2
    tokenizer = _bpe(transformers.GemmaTokenizer)
    processor = transformers.PaliGemmaProcessor(images, tokenizer)
    text = transformers.GemmaConfig(
        **size.text(num_key_value_heads=1, head_dim=16 if size is TINY else 256, **_ids(tokenizer, size))
    )
    config = transformers.PaliGemmaConfig(
        vision_config=transformers.SiglipVisionConfig(**size.tower(patch=patch, vision_use_head=False)),
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
        projection_dim=size.text_width,
        tie_word_embeddings=size is not TINY,  # with random weights it would only repeat its last word
    )
    return transformers.PaliGemmaForConditionalGeneration(config), processor


_CHAT = (
    "{% for m in messages %}User:{% for part in m['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}<end>\n{% endfor %}Assistant:"
)


def _idefics3(size: Size) -> tuple[Any, Any]:
    tokenizer = _llama_tokenizer("<global-img>")
    images = models.idefics3.image_processing_pil_idefics3.Idefics3ImageProcessorPil(
        size={"longest_edge": 2 * size.side}, max_image_size={"longest_edge": size.side}
    )
    scale = 2 if size is TINY else 4
    processor = transformers.Idefics3Processor(
        images, tokenizer, image_seq_len=(size.side // 16) ** 2 // scale**2, chat_template=_CHAT
    )
    config = transformers.Idefics3Config(
        vision_config=size.tower(),
        text_config=transformers.LlamaConfig(
            **size.text(num_key_value_heads=2 if size is TINY else 5, **_ids(tokenizer, size))
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=scale,
    )
    return transformers.Idefics3ForConditionalGeneration(config), processor


def _llava(size: Size) -> tuple[Any, Any]:
    patch = 14 if size is not TINY else 16
    tokenizer = _llama_tokenizer("<image>")
    images = models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
        size={"shortest_edge": size.side}, crop_size=_square(size)
    )
    processor = transformers.LlavaProcessor(
        images,
        tokenizer,
        patch_size=patch,
        vision_feature_select_strategy="default",
        image_token="<image>",
        num_additional_image_tokens=1,
        chat_template=_CHAT,
    )
    config = transformers.LlavaConfig(
        vision_config=transformers.CLIPVisionConfig(**size.tower(patch=patch)),
        text_config=transformers.LlamaConfig(**size.text(**_ids(tokenizer, size))),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return transformers.LlavaForConditionalGeneration(config), processor


def _got_ocr2(size: Size) -> tuple[Any, Any]:
    tiny = size is TINY
    tokenizer = _llama_tokenizer("<img>", "</img>", "<imgpad>", "<|im_start|>", "<|im_end|>")
    side, patch = (128, 2) if tiny else (size.side, 16)  # 256 tokens a picture, as its processor assumes
    images = models.got_ocr2.image_processing_pil_got_ocr2.GotOcr2ImageProcessorPil(
        size={"height": side, "width": side}
    )
    vision = {
        "hidden_size": size.width,
        "mlp_dim": 4 * size.width,
        "num_hidden_layers": size.layers,
        "num_attention_heads": size.heads,
        "image_size": side,
        "patch_size": patch,
        **({"output_channels": 8, "window_size": 4, "global_attn_indexes": []} if tiny else {}),
    }
    text = transformers.Qwen2Config(
        **size.text(num_key_value_heads=2 if tiny else 16, **_ids(tokenizer, size))
    )
    config = transformers.GotOcr2Config(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<imgpad>"),
    )
    model = transformers.GotOcr2ForConditionalGeneration(config)
    return model, transformers.GotOcr2Processor(images, tokenizer)


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


def _square(size: Size) -> dict[str, int]:
    return {"height": size.side, "width": size.side}


def _edges(size: Size) -> dict[str, int]:
    return {"shortest_edge": size.side, "longest_edge": size.side * 5 // 3}


def _ids(tokenizer: Any, size: Size) -> dict[str, int]:
    return {
        "vocab_size": max(len(tokenizer), size.vocabulary),
        "pad_token_id": tokenizer.pad_token_id,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
    }


def _words(*special: str) -> dict[str, int]:
    """Return a vocabulary of single bytes, for the start and the inside of a word."""
    letters = sorted(ByteLevel.alphabet())
    return {word: number for number, word in enumerate([*special, *letters, *(f"##{c}" for c in letters)])}


def _clip_tokenizer(longest: int) -> Any:
    letters = sorted(ByteLevel.alphabet())
    words = [*letters, *(f"{letter}</w>" for letter in letters), "<|startoftext|>", "<|endoftext|>"]
    vocabulary = {word: number for number, word in enumerate(words)}
    return transformers.CLIPTokenizer(vocab=vocabulary, merges=[], model_max_length=longest)


def _bpe(tokenizer_class: Callable[..., Any]) -> Any:
    """Return a tokenizer of the Gemma family that knows every byte."""
    special = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "▁"]
    letters = [chr(code) for code in range(33, 127)]
    words = [*special, *(f"<0x{byte:02X}>" for byte in range(256)), *letters, "\n"]
    return tokenizer_class(vocab={word: number for number, word in enumerate(words)}, merges=[])


def _llama_tokenizer(*special: str) -> Any:
    bpe = ByteLevelBPETokenizer()
    named = ["<pad>", "<bos>", "<eos>", *special]
    bpe.train_from_iterator([" ".join(NAMES)], vocab_size=300, special_tokens=named, show_progress=False)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(bpe.to_str()),
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        clean_up_tokenization_spaces=False,
        **({"extra_special_tokens": {"image_token": "<image>"}} if "<image>" in special else {}),
    )


_BUILDERS: dict[str, Callable[[Size], tuple[Any, Any]]] = {
    "owlv2": _owlv2,
    "grounding_dino": _grounding_dino,
    "detr": _detr,
    "rt_detr": _rt_detr,
    "clip": _clip,
    "siglip": _siglip,
    "depth_anything": _depth_anything,
    "dpt": _dpt,
    "paligemma": _paligemma,
    "idefics3": _idefics3,
    "llava": _llava,
    "got_ocr2": _got_ocr2,
}
