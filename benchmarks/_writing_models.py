"""Models with random weights that write about pictures, with their processors (`benchmarks._models`)."""

from typing import Any

import transformers
from transformers import models

from benchmarks._model_sizes import TINY, Size, square, token_ids
from benchmarks._tokenizers import byte_tokenizer, llama_tokenizer


def paligemma(size: Size) -> tuple[Any, Any]:
    """Build PaliGemma: no chat template, prompts follow the picture."""
    patch = 14 if size is not TINY else 16
    images = models.siglip.image_processing_pil_siglip.SiglipImageProcessorPil(size=square(size))
    images.image_seq_length = (size.side // patch) ** 2
    tokenizer = byte_tokenizer(transformers.GemmaTokenizer)
    processor = transformers.PaliGemmaProcessor(images, tokenizer)
    text = transformers.GemmaConfig(
        **size.text(num_key_value_heads=1, head_dim=16 if size is TINY else 256, **token_ids(tokenizer, size))
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


def idefics3(size: Size) -> tuple[Any, Any]:
    """Build Idefics3, the parent of SmolVLM: large pictures become several tiles."""
    tokenizer = llama_tokenizer("<global-img>")
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
            **size.text(num_key_value_heads=2 if size is TINY else 5, **token_ids(tokenizer, size))
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        scale_factor=scale,
    )
    return transformers.Idefics3ForConditionalGeneration(config), processor


def llava(size: Size) -> tuple[Any, Any]:
    """Build LLaVA: a vision tower, a projector, a decoder."""
    patch = 14 if size is not TINY else 16
    tokenizer = llama_tokenizer("<image>")
    images = models.clip.image_processing_pil_clip.CLIPImageProcessorPil(
        size={"shortest_edge": size.side}, crop_size=square(size)
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
        text_config=transformers.LlamaConfig(**size.text(**token_ids(tokenizer, size))),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return transformers.LlavaForConditionalGeneration(config), processor


def got_ocr2(size: Size) -> tuple[Any, Any]:
    """Build GOT-OCR 2, which only reads."""
    tiny = size is TINY
    tokenizer = llama_tokenizer("<img>", "</img>", "<imgpad>", "<|im_start|>", "<|im_end|>")
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
        **size.text(num_key_value_heads=2 if tiny else 16, **token_ids(tokenizer, size))
    )
    config = transformers.GotOcr2Config(
        vision_config=vision,
        text_config=text,
        image_token_index=tokenizer.convert_tokens_to_ids("<imgpad>"),
    )
    model = transformers.GotOcr2ForConditionalGeneration(config)
    return model, transformers.GotOcr2Processor(images, tokenizer)
