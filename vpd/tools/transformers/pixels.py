"""Pictures as a model's input, so that what one picture becomes does not depend on those beside it.

Each is prepared on its own, once however often it is asked about, and those that come out equally large form
a batch. Processors that would pad a batch to its largest picture pad every picture to the largest there can
be, where the model is told by a mask what is padding, and none otherwise.
"""

import inspect
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from PIL import Image

_THREADS = ThreadPoolExecutor(len(os.sched_getaffinity(0)), thread_name_prefix="vpd-pixels")


def batches(
    processor: Any, images: Sequence[Image.Image], **options: Any
) -> Iterator[tuple[list[int], dict[str, torch.Tensor]]]:
    """Prepare RGB pictures; yields batches as the numbers of their pictures and their tensors."""
    distinct = {id(image): image for image in images}
    tensors = _THREADS.map(
        lambda image: dict(processor(image, return_tensors="pt", **options)), distinct.values()
    )
    known = dict(zip(distinct, tensors, strict=True))
    prepared = [known[id(image)] for image in images]
    groups: dict[Any, list[int]] = {}
    for number, own in enumerate(prepared):
        groups.setdefault(tuple((key, value.shape) for key, value in own.items()), []).append(number)
    for numbers in groups.values():
        yield numbers, {key: torch.cat([prepared[n][key] for n in numbers]) for key in prepared[numbers[0]]}


def padding_of(processor: Any, network: Any) -> dict[str, Any]:
    """Return the processor's options that make padding the same for every picture."""
    longest = getattr(processor.size, "longest_edge", None)
    if longest is None or not processor.do_pad:
        return {}
    if "pixel_mask" not in inspect.signature(network.forward).parameters:
        return {"do_pad": False}
    return {"pad_size": {"height": longest, "width": longest}}
