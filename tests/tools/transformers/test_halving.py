"""Batches when memory runs out."""

import numpy as np
import pytest
import torch

from vpd.geometry import Box
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest, ToolResult
from vpd.tools.transformers.halving import Halving


def asked(*numbers):
    picture = Picture("p", np.zeros((20, 30, 3), np.uint8))
    return [ToolRequest(picture, Box(0, 0, 30, 20), (number,)) for number in numbers]


class Device:
    """Room for a few requests at once; those of `heavy` never fit."""

    def __init__(self, room, heavy=(), error=torch.OutOfMemoryError):
        self.room, self.heavy, self.error = room, heavy, error
        self.sizes = []

    def __call__(self, part):
        self.sizes.append(len(part))
        numbers = [request.args[0] for request in part]
        if len(part) > self.room or set(numbers) & set(self.heavy):
            raise self.error("CUDA out of memory. Tried to allocate 2 GiB")
        return [ToolResult(number) for number in numbers]


@pytest.mark.parametrize("error", [torch.OutOfMemoryError, RuntimeError])
def test_a_batch_that_does_not_fit_is_halved_and_the_size_kept(error):
    halving, device = Halving(8), Device(room=3, error=error)
    answers = halving.run(asked(*range(10)), device)
    assert [a.value for a in answers] == list(range(10))
    assert device.sizes == [8, 4, 2, 2, 2, 2, 2]
    device.sizes.clear()
    halving.run(asked(*range(4)), device)
    assert device.sizes == [2, 2]


def test_only_a_request_that_does_not_fit_alone_fails_and_says_its_size():
    answers = Halving(4).run(asked(0, 1, 2, 3, 4), Device(room=4, heavy=[2]))
    failed = answers.pop(2)
    assert isinstance(failed, ToolFailure)
    assert failed.kind == "error"
    assert "30x20" in failed.message
    assert [a.value for a in answers] == [0, 1, 3, 4]


def test_another_error_is_not_taken_for_a_lack_of_memory():
    with pytest.raises(RuntimeError, match="shape"):
        Halving(4).run(asked(0, 1), Device(room=0, error=lambda _: RuntimeError("wrong shape")))
