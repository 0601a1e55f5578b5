"""How much of a GPU a PaliGemma-class student of 3 billion parameters uses: random weights, real shapes.

The steps are those of a training (`vpd.distill.engine`): every weight is trained, in bf16 with masters
and moments in fp32 (ZeRO stage 1), on one batch of noise that lies ready. On the CPU a test takes it through
with a tiny model.
"""

import json
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import GemmaConfig, PaliGemmaConfig, PaliGemmaForConditionalGeneration, SiglipVisionConfig

from benchmarks._flops import training_flops
from vpd.distill.collate import Batch, TextBatch
from vpd.distill.config import TrainConfig
from vpd.distill.engine import Engine
from vpd.distill.hardware import Hardware
from vpd.distill.ranks import start_ranks

PEAKS = {"H100": 989e12, "H200": 989e12, "A100": 312e12, "L40S": 362e12, "L4": 121e12}
"""Dense bf16 operations per second that the maker states, by a part of the device's name."""
PICTURES = (24, 16, 8)  # of a step; the first that fits: 128, 98 and 68 GiB
TEXT, STEPS, WARM_UP = 128, 10, 3
_ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Workload:
    """A model's configuration, what a step takes (pictures with one text of so many tokens each), and how."""

    config: PaliGemmaConfig
    pictures: int
    text: int = TEXT
    precision: Literal["fp32", "bf16"] = "bf16"
    compile: bool = True
    device: Literal["cpu", "cuda"] = "cuda"


def paligemma_3b() -> PaliGemmaConfig:
    """Return the shapes of PaliGemma 3B at 448 px (arXiv 2407.07726): SigLIP So400m and Gemma 2B."""
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
        text_config=GemmaConfig(
            hidden_size=2048,
            intermediate_size=16384,
            num_hidden_layers=18,
            num_attention_heads=8,
            num_key_value_heads=1,
            head_dim=256,
            vocab_size=257_216,
        ),
        image_token_index=257_152,
        projection_dim=2048,
        hidden_size=2048,
    )


def measure_utilisation() -> dict[str, Any]:
    """Return the utilisation of the first GPU, or why there is none; layers as they are, and compiled."""
    if not torch.cuda.is_available():
        return {"not_run": "PyTorch sees no GPU"}
    name = torch.cuda.get_device_name()
    peak = next((peak for part, peak in PEAKS.items() if part in name), None)
    if peak is None:
        return {"not_run": f"the peak of {name} is not known; known are {', '.join(PEAKS)}"}
    figures: dict[str, Any] = {"device": name, "peak": peak, "matmul": matmul_rate(), "copy": copy_rate()}
    torch.cuda.empty_cache()
    for way in ("eager", "compiled"):
        figures[way] = _largest_step(way, peak)
    return figures


def _largest_step(way: str, peak: float) -> dict[str, Any]:
    """Measure with as many pictures as fit; each try has a process, as what was in memory stays there."""
    for pictures in PICTURES:
        command = [sys.executable, "-m", "benchmarks._utilisation", way, str(pictures)]
        done = subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
            return found | {"utilisation": found["achieved"] / peak}
        if "OutOfMemoryError" not in done.stderr:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stderr[-4000:]}")
    return {"not_run": f"{PICTURES[-1]} pictures do not fit into its memory"}


def main() -> None:
    """Measure one way with so many pictures and print the figures."""
    way, pictures = sys.argv[1], int(sys.argv[2])
    workload = Workload(paligemma_3b(), pictures, compile=way == "compiled")
    seconds = step_seconds(workload)
    achieved = pictures * training_flops(workload.config, workload.text) / seconds
    gib = torch.cuda.max_memory_allocated() / 2**30
    print(json.dumps({"pictures": pictures, "seconds": seconds, "achieved": achieved, "gib": gib}))


def step_seconds(workload: Workload, steps: int = STEPS) -> float:
    """Train for a few steps and return the seconds of one."""
    part = start_ranks(workload.device)
    config = TrainConfig(
        store="-",
        shards=("noise-000",),
        arm="rationale",
        output=Path("-"),
        batch_size=workload.pictures,
        lr=1e-5,
        precision=workload.precision,
        deepspeed=_ROOT / "infra" / "deepspeed" / "zero1.json",
        hardware=Hardware(device=workload.device, compile=workload.compile, length_parts=1),
    )
    with torch.device(workload.device):
        model = PaliGemmaForConditionalGeneration(workload.config)
    engine, batch = Engine(config, model, part), noise(workload)
    for number in range(WARM_UP + steps):
        if number == WARM_UP:
            started = time.perf_counter()
        engine.step(number, batch)  # it waits for the device: the loss is read
    return (time.perf_counter() - started) / steps


def matmul_rate(size: int = 8192, times: int = 20) -> float:
    """Return the bf16 operations per second of a product of square matrices."""
    a, b = (torch.randn(size, size, device="cuda", dtype=torch.bfloat16) for _ in range(2))
    return 2 * size**3 / _seconds(lambda: a @ b, times)


def copy_rate(size: int = 2**31, times: int = 10) -> float:
    """Return the bytes per second of a copy on the device, read and written."""
    a, b = (torch.empty(size, device="cuda", dtype=torch.int8) for _ in range(2))
    return 2 * size / _seconds(lambda: b.copy_(a), times)


def _seconds(work: Callable[[], Any], times: int) -> float:
    for _ in range(WARM_UP):
        work()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(times):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / times


def noise(workload: Workload) -> Batch:
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


if __name__ == "__main__":
    main()
