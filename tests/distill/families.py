"""Tiny models of every supported family: the real classes with random weights, processors built by hand.

And questions about pictures to ask them.
"""

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
import transformers as tf
from PIL import Image
from tokenizers import ByteLevelBPETokenizer, Tokenizer
from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import GotOcr2ImageProcessorPil
from transformers.models.idefics3.image_processing_pil_idefics3 import Idefics3ImageProcessorPil
from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
    LlavaOnevisionImageProcessorPil,
)
from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import Qwen2VLImageProcessorPil
from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil
from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

from vpd.distill.adapters.loading import UnusedVideoProcessor, pictures_only
from vpd.distill.base import Vlm
from vpd.distill.data import TextExample, TrainingQuestion
from vpd.rationale.prompts import prompt_for

WORDS = ["How many red cubes are there?", "I see one at [10 20 30 40]. The answer is 1.", "Color 0? red blue"]
SIZES = {"square": (60, 60), "wide": (130, 60)}
QUESTIONS = ["Color 0?", "Color 1? And what is beside it?", "How many red cubes are there?"]
QWEN_IDS = ("vision_start", "vision_end", "image", "video")
VIDEO = {"video_processor_type": "Qwen2VLVideoProcessor", "size": {"shortest_edge": 128, "longest_edge": 768}}


def tokenizer(*special: str, **named: str) -> Any:
    """Byte-level BPE with these special tokens; `named` ones become attributes, such as image_token."""
    tokens = ["<pad>", "<bos>", "<eos>", *special, *named.values()]
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator(WORDS * 2, vocab_size=400, special_tokens=tokens, show_progress=False)
    return tf.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(bpe.to_str()),
        pad_token="<pad>",
        bos_token="<bos>",
        eos_token="<eos>",
        additional_special_tokens=list(special),
        extra_special_tokens=named,
        model_input_names=["input_ids", "attention_mask"],
    )


def text(vocabulary: Any, **more: Any) -> dict[str, Any]:
    """The sizes of a two-layer decoder, 32 wide."""
    ids = {f"{name}_token_id": getattr(vocabulary, f"{name}_token_id") for name in ("pad", "bos", "eos")}
    sizes = {"hidden_size": 32, "intermediate_size": 48, "num_hidden_layers": 2, "num_attention_heads": 2}
    return {**sizes, "num_key_value_heads": 1, "vocab_size": len(vocabulary), **ids, **more}


def vision(**more: Any) -> dict[str, Any]:
    """The sizes of a one-layer tower, 16 wide, over pictures of 32 pixels cut into patches of 8."""
    sizes = {"hidden_size": 16, "intermediate_size": 24, "num_hidden_layers": 1, "num_attention_heads": 2}
    return {**sizes, "image_size": 32, "patch_size": 8, **more}


def template(picture: str, end: str = "<eos>") -> str:
    """A chat template of the usual kind."""
    return (
        "{% for m in messages %}<|start|>{{ m['role'] }}\n{% for part in m['content'] %}"
        f"{{{{ '{picture}' if part['type'] == 'image' else part['text'] }}}}{{% endfor %}}{end}\n"
        "{% endfor %}{% if add_generation_prompt %}<|start|>assistant\n{% endif %}"
    )


def llava() -> Vlm:
    words = tokenizer("<|start|>", image_token="<image>")
    config = tf.LlavaConfig(
        vision_config=tf.CLIPVisionConfig(**vision()),
        text_config=tf.LlamaConfig(**text(words)),
        image_token_id=words.image_token_id,
        vision_feature_layer=-1,
        vision_feature_select_strategy="default",
    )
    processor = tf.LlavaProcessor(
        image_processor=SiglipImageProcessorPil(size={"height": 32, "width": 32}),
        tokenizer=words,
        patch_size=8,
        num_additional_image_tokens=1,
        vision_feature_select_strategy="default",
        chat_template=template("<image>\n"),
    )
    return Vlm(tf.LlavaForConditionalGeneration(config), processor)


def llava_onevision() -> Vlm:
    words = tokenizer("<|start|>", image_token="<image>", video_token="<video>")
    grid = [[32, 32], [32, 64], [64, 32]]
    config = tf.LlavaOnevisionConfig(
        vision_config=tf.SiglipVisionConfig(**vision(vision_use_head=False)),
        text_config=tf.Qwen2Config(**text(words)),
        image_token_id=words.image_token_id,
        video_token_id=words.video_token_id,
        image_grid_pinpoints=grid,
    )
    processor = pictures_only(tf.LlavaOnevisionProcessor)(
        image_processor=LlavaOnevisionImageProcessorPil(
            size={"height": 32, "width": 32}, image_grid_pinpoints=grid
        ),
        tokenizer=words,
        video_processor=UnusedVideoProcessor(VIDEO),
        num_image_tokens=16,
        vision_feature_select_strategy="full",
        chat_template=template("<image>\n"),
    )
    return Vlm(tf.LlavaOnevisionForConditionalGeneration(config), processor)


def _tiles() -> tuple[Any, dict[str, Any]]:
    tags = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    words = tokenizer(
        "<|start|>", "<image>", "<fake_token_around_image>", "<end_of_utterance>", "<global-img>", *tags
    )
    sizes = {"size": {"longest_edge": 64}, "max_image_size": {"longest_edge": 32}}
    return words, sizes


def idefics3() -> Vlm:
    words, sizes = _tiles()
    config = tf.Idefics3Config(
        vision_config=vision(),
        text_config=tf.LlamaConfig(**text(words)),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    processor = tf.Idefics3Processor(
        image_processor=Idefics3ImageProcessorPil(**sizes),
        tokenizer=words,
        image_seq_len=4,
        chat_template=template("<image>", "<end_of_utterance>"),
    )
    return Vlm(tf.Idefics3ForConditionalGeneration(config), processor)


def smolvlm() -> Vlm:
    words, sizes = _tiles()
    config = tf.SmolVLMConfig(
        vision_config=vision(),
        text_config=tf.LlamaConfig(**text(words)),
        image_token_id=words.convert_tokens_to_ids("<image>"),
        scale_factor=2,
    )
    processor = tf.Idefics3Processor(
        image_processor=SmolVLMImageProcessorPil(**sizes),
        tokenizer=words,
        image_seq_len=4,
        chat_template=template("<image>", "<end_of_utterance>"),
    )
    return Vlm(tf.SmolVLMForConditionalGeneration(config), processor)


def internvl() -> Vlm:
    words = tokenizer(
        "<|start|>",
        start_image_token="<img>",
        end_image_token="</img>",
        context_image_token="<IMG_CONTEXT>",
        video_token="<video>",
    )
    config = tf.InternVLConfig(
        vision_config=vision(image_size=[32, 32], patch_size=[8, 8]),
        text_config=tf.Qwen2Config(**text(words)),
        image_token_id=words.context_image_token_id,
        image_seq_length=4,
    )
    processor = pictures_only(tf.InternVLProcessor)(
        image_processor=GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, max_patches=3),
        tokenizer=words,
        video_processor=UnusedVideoProcessor(VIDEO),
        image_seq_length=4,
        chat_template=template("<IMG_CONTEXT>\n"),
    )
    return Vlm(tf.InternVLForConditionalGeneration(config), processor)


def _qwen(config: Any, model: Any, processor: Any, patch: int, tower: Any, decoder: Any) -> Vlm:
    names = {f"{name}_token": f"<|{name}|>" for name in QWEN_IDS}
    words = tokenizer("<|start|>", **names)
    made = config(
        vision_config=tower,
        text_config=decoder | text(words),
        **{f"{name}_id": getattr(words, f"{name}_id") for name in names},
    )
    pictures = Qwen2VLImageProcessorPil(
        size={"shortest_edge": 28 * 28, "longest_edge": 112 * 112}, patch_size=patch
    )
    chat = template("<|vision_start|><|image|><|vision_end|>")
    made_of = (pictures, words, UnusedVideoProcessor(VIDEO))
    return Vlm(model(made), pictures_only(processor)(*made_of, chat_template=chat))


def qwen2_5_vl() -> Vlm:
    tower = {"depth": 2, "hidden_size": 16, "intermediate_size": 24, "num_heads": 2, "out_hidden_size": 32}
    rope = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    return _qwen(
        tf.Qwen2_5_VLConfig,
        tf.Qwen2_5_VLForConditionalGeneration,
        tf.Qwen2_5_VLProcessor,
        14,
        tower | {"fullatt_block_indexes": [1], "window_size": 56},
        {"rope_parameters": rope},
    )


def qwen3_vl() -> Vlm:
    tower = {"depth": 2, "hidden_size": 16, "intermediate_size": 24, "num_heads": 2, "out_hidden_size": 32}
    rope = {
        "rope_type": "default",
        "mrope_section": [2, 3, 3],
        "rope_theta": 10000.0,
        "mrope_interleaved": True,
    }
    return _qwen(
        tf.Qwen3VLConfig,
        tf.Qwen3VLForConditionalGeneration,
        tf.Qwen3VLProcessor,
        14,
        tower | {"deepstack_visual_indexes": [0], "num_position_embeddings": 16, "patch_size": 14},
        {"rope_parameters": rope, "head_dim": 16},
    )


def _paligemma(decoder: Any) -> Vlm:
    words = tokenizer(image_token="<image>")
    pictures = SiglipImageProcessorPil(size={"height": 32, "width": 32})
    pictures.image_seq_length = 16
    processor = tf.PaliGemmaProcessor(pictures, words)
    config = tf.PaliGemmaConfig(
        vision_config=tf.SiglipVisionConfig(**vision(vision_use_head=False)),
        text_config=decoder(**text(words, head_dim=16)),
        image_token_index=words.image_token_id,
        projection_dim=32,
        hidden_size=32,
    )
    return Vlm(tf.PaliGemmaForConditionalGeneration(config), processor)


def paligemma() -> Vlm:
    return _paligemma(tf.GemmaConfig)


def paligemma2() -> Vlm:
    return _paligemma(tf.Gemma2Config)


BUILDERS: dict[str, Callable[[], Vlm]] = {
    build.__name__: build
    for build in (
        llava,
        llava_onevision,
        idefics3,
        smolvlm,
        internvl,
        qwen2_5_vl,
        qwen3_vl,
        paligemma,
        paligemma2,
    )
}


def build(family: str) -> Vlm:
    """Build a family's tiny model; always with the same weights, in evaluation mode."""
    torch.manual_seed(0)
    vlm = BUILDERS[family]()
    vlm.model.eval()
    return vlm


def picture(name: str) -> Image.Image:
    width, height = SIZES[name]
    seed = list(SIZES).index(name)
    pixels = np.random.default_rng(seed).integers(0, 255, (height, width, 3), dtype=np.uint8)
    return Image.fromarray(pixels)


def questions() -> list[TrainingQuestion]:
    """Three questions about two pictures of different shape, the last with a rationale."""
    rows = []
    for text, name, answer in zip(
        QUESTIONS, ("square", "square", "wide"), ("red", "blue", "10"), strict=True
    ):
        file = io.BytesIO()
        picture(name).save(file, "PNG")
        said = TextExample(prompt_for(text, "answer"), answer)
        why = TextExample(
            prompt_for(text, "rationale"), f"I see one at [10 20 30 40]. The answer is {answer}."
        )
        rows.append(TrainingQuestion(text, name, file.getvalue(), said, why if answer == "10" else None))
    return rows
