"""How much of a GPU a PaliGemma-class student of 3 billion parameters uses: random weights, real shapes.

Never run so far: no GPU was at hand. On the CPU a test takes it through with a tiny model.
"""

import time
from dataclasses import dataclass
from typing import Any

import torch
from transformers import Gemma2Config, PaliGemmaConfig, PaliGemmaForConditionalGeneration, SiglipVisionConfig

from benchmarks._flops import training_flops
from vpd.distill.collate import Batch, TextBatch
from vpd.distill.engine import recompute_layers
from vpd.distill.loss import DistillationLoss

PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
"""Dense bf16 operations per second that the maker states, by a part of the device's name."""
TEXT, PICTURES, STEPS, WARM_UP = 128, 8, 10, 3


@dataclass(frozen=True)
class Workload:
    """A model's configuration, and what a step takes: pictures with one text of so many tokens each."""

    config: PaliGemmaConfig
    pictures: int = PICTURES
    text: int = TEXT
    dtype: torch.dtype = torch.bfloat16


def paligemma2_3b() -> PaliGemmaConfig:
    """Return the shapes of PaliGemma 2 3B at 448 px (arXiv 2412.03555): SigLIP So400m and Gemma 2 2B."""
    return PaliGemmaConfig(
        vision_config=SiglipVisionConfig(
            hidden_size=1152,
            intermediate_size=4304,
            num_hidden_layers=27,
            num_attention_heads=16,
            patch_size=14,
            image_size=448,
            vision_use_head=False,
        ),
        text_config=Gemma2Config(
            hidden_size=2304,
            intermediate_size=9216,
            num_hidden_layers=26,
            num_attention_heads=8,
            num_key_value_heads=4,
            head_dim=256,
            vocab_size=257_216,
        ),
        image_token_index=257_152,
        projection_dim=2304,
        hidden_size=2304,
    )


def measure_utilisation() -> dict[str, Any]:
    """Return the utilisation of the first GPU, or why there is none."""
    if not torch.cuda.is_available():
        return {"not_run": "PyTorch sees no GPU"}
    name = torch.cuda.get_device_name()
    peak = next((peak for part, peak in PEAKS.items() if part in name), None)
    if peak is None:
        return {"not_run": f"the peak of {name} is not known; known are {', '.join(PEAKS)}"}
    workload = Workload(paligemma2_3b())
    achieved = operations_per_second(workload, torch.device("cuda"))
    gib = torch.cuda.max_memory_allocated() / 2**30
    return {"device": name, "peak": peak, "achieved": achieved, "utilisation": achieved / peak, "gib": gib}


def operations_per_second(workload: Workload, device: torch.device, steps: int = STEPS) -> float:
    """Train every weight for a few steps on one batch, layers computed again in the backward pass."""
    with device:
        torch.set_default_dtype(workload.dtype)
        try:
            model = PaliGemmaForConditionalGeneration(workload.config)
        finally:
            torch.set_default_dtype(torch.float32)
    recompute_layers(model)
    objective = DistillationLoss(model)
    optimizer = torch.optim.AdamW(objective.parameters(), lr=1e-5)
    batch = _batch(workload).to(device)
    for number in range(WARM_UP + steps):
        if number == WARM_UP:
            _wait(device)
            started = time.perf_counter()
        optimizer.zero_grad()
        torch.stack(list(objective(batch).values())).sum().backward()
        optimizer.step()
    _wait(device)
    done = steps * workload.pictures * training_flops(workload.config, workload.text)
    return done / (time.perf_counter() - started)


def _batch(workload: Workload) -> Batch:
    """Return noise of the right shapes; a quarter of each text is prompt."""
    config, vision, count = workload.config, workload.config.vision_config, workload.pictures
    patches = (vision.image_size // vision.patch_size) ** 2
    ones = torch.ones(count, patches, dtype=torch.long)
    pixels = torch.rand(count, 3, vision.image_size, vision.image_size)
    prefix = {
        "input_ids": ones * config.image_token_id,
        "attention_mask": ones,
        "pixel_values": pixels,
    }
    tokens = torch.randint(1, config.image_token_id, (count, workload.text))
    labels = tokens.roll(-1, 1)
    labels[:, : workload.text // 4] = -100
    rows = TextBatch(torch.arange(count), tokens, torch.ones_like(tokens), labels)
    return Batch(prefix, {"rationale": rows}, count)


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()
