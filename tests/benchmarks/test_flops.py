"""Operations counted from a configuration: those that PyTorch counts while a tiny model of the class runs."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import Gemma2Config, PaliGemmaConfig, PaliGemmaForConditionalGeneration, SiglipVisionConfig

from benchmarks._flops import forward_flops, training_flops
from benchmarks._utilisation import Workload, paligemma_3b, step_seconds

TEXT = 5


def tiny() -> PaliGemmaConfig:
    return PaliGemmaConfig(
        vision_config=SiglipVisionConfig(
            hidden_size=16,
            intermediate_size=40,
            num_hidden_layers=2,
            num_attention_heads=2,
            patch_size=8,
            image_size=32,
            vision_use_head=False,
        ),
        text_config=Gemma2Config(
            hidden_size=24,
            intermediate_size=56,
            num_hidden_layers=3,
            num_attention_heads=4,
            num_key_value_heads=2,
            head_dim=8,
            vocab_size=100,
        ),
        image_token_index=99,
        projection_dim=24,
        hidden_size=24,
        attn_implementation="eager",  # the counter knows no fused attention of the CPU
    )


def counted(*, train: bool) -> int:
    config = tiny()
    model = PaliGemmaForConditionalGeneration(config)
    tokens = torch.cat([torch.full((1, 16), 99), torch.arange(TEXT)[None]], dim=1)
    inputs = {"input_ids": tokens, "attention_mask": torch.ones_like(tokens)}
    counter = FlopCounterMode(display=False)
    with counter:
        logits = model(**inputs, pixel_values=torch.rand(1, 3, 32, 32), logits_to_keep=TEXT).logits
        if train:
            logits.sum().backward()
    return counter.get_total_flops()


def test_forward_flops_are_those_that_are_counted() -> None:
    assert forward_flops(tiny(), TEXT) == counted(train=False)


def test_training_flops_are_those_that_are_counted_but_for_the_gradient_of_the_picture() -> None:
    unneeded = 2 * 16 * 3 * 8**2 * 16  # of the pixels, which the formula counts
    assert training_flops(tiny(), TEXT) - unneeded == counted(train=True)


def test_paligemma_3b_has_the_published_number_of_parameters() -> None:
    with torch.device("meta"):
        model = PaliGemmaForConditionalGeneration(paligemma_3b())
    assert sum(p.numel() for p in model.parameters()) == pytest.approx(2.92e9, rel=0.01)


def test_step_of_a_tiny_model_takes_its_time() -> None:
    workload = Workload(tiny(), pictures=2, text=8, precision="fp32", compile=False, device="cpu")
    assert step_seconds(workload, steps=1) > 0
