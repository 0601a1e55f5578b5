"""The embedded student: a small LLaVA built from nothing.

LLaVA (a SigLIP tower, a two-layer projector, a Llama decoder) is causal: image tokens see no text, so all
questions of a picture can share one image pass (`vpd.distill.loss`). The tokenizer is byte-level BPE
trained on the training texts: every text can be written, and frequent words are one token each; places have
tokens of their own (`vpd.distill.notation`).

Not here: models to start from (`vpd.distill.base`).
"""

from collections.abc import Iterable

import torch
from tokenizers import AddedToken, ByteLevelBPETokenizer, Tokenizer
from torch import nn
from transformers import (
    LlamaConfig,
    LlavaConfig,
    LlavaForConditionalGeneration,
    LlavaProcessor,
    PreTrainedTokenizerFast,
    SiglipVisionConfig,
)
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

from vpd.distill.base import Vlm
from vpd.distill.config import StudentConfig
from vpd.distill.notation import Notation, place_tokens

SPECIAL = ("<pad>", "<bos>", "<eos>", "<image>")
_CHAT = (
    "<bos>{% for m in messages %}{% for part in m['content'] %}"
    "{{ '<image>' if part['type'] == 'image' else part['text'] }}{% endfor %}{% endfor %}{{ '\\n' }}"
)


def build_student(config: StudentConfig, texts: Iterable[str], seed: int) -> Vlm:
    """Build the embedded student with random weights; equal arguments give equal weights."""
    tokenizer = train_tokenizer(texts, config.vocabulary, config.place_bins)
    torch.manual_seed(seed)
    model = LlavaForConditionalGeneration(_llava_config(config, tokenizer))
    _initialise(model)
    return Vlm(model, _processor(config, tokenizer))


def train_tokenizer(texts: Iterable[str], vocabulary: int, place_bins: int = 0) -> PreTrainedTokenizerFast:
    """Train byte-level BPE; the result depends on the texts and not on their order."""
    places = Notation(bins=place_bins or None)
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(
        map(places.write, texts),
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=list(SPECIAL),
        show_progress=False,
    )
    bpe.add_tokens([AddedToken(place, lstrip=True, normalized=False) for place in place_tokens(place_bins)])
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(bpe.to_str()),
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        extra_special_tokens={"image_token": "<image>"},
        clean_up_tokenization_spaces=False,
    )


def _llava_config(config: StudentConfig, tokenizer: PreTrainedTokenizerFast) -> LlavaConfig:
    heads = config.hidden_size // 32
    shared = {
        "hidden_size": config.hidden_size,
        "intermediate_size": 3 * config.hidden_size,
        "num_attention_heads": heads,
    }
    vision = SiglipVisionConfig(
        **shared,
        num_hidden_layers=config.vision_layers,
        image_size=config.image_size,
        patch_size=config.patch_size,
        vision_use_head=False,
    )
    text = LlamaConfig(
        **shared,
        num_hidden_layers=config.text_layers,
        num_key_value_heads=heads,
        vocab_size=len(tokenizer),
        max_position_embeddings=config.max_length,
        tie_word_embeddings=True,
        pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )
    return LlavaConfig(
        vision_config=vision,
        text_config=text,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        image_seq_length=(config.image_size // config.patch_size) ** 2,
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        tie_word_embeddings=True,
    )


def _initialise(model: LlavaForConditionalGeneration) -> None:
    """Start where a small student learns fast: unit-variance layers, image positions as strong as contents.

    After 400 steps the rationale loss was 0.40 instead of 0.45 with the usual 0.02 everywhere.
    """
    for module in model.modules():
        if isinstance(module, nn.Linear) and module is not model.lm_head:
            nn.init.normal_(module.weight, std=module.in_features**-0.5)
    nn.init.normal_(model.model.vision_tower.embeddings.position_embedding.weight, std=0.5)


def _processor(config: StudentConfig, tokenizer: PreTrainedTokenizerFast) -> LlavaProcessor:
    size = {"height": config.image_size, "width": config.image_size}
    return LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size=size, image_mean=[0.5] * 3, image_std=[0.5] * 3),
        tokenizer=tokenizer,
        patch_size=config.patch_size,
        vision_feature_select_strategy="full",
        image_token="<image>",
        chat_template=_CHAT,
    )
