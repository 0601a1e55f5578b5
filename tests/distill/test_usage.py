import resource
from collections.abc import Iterator
from types import SimpleNamespace
from unittest import mock

import pytest
import torch
from torch import distributed

from vpd.distill import usage as module
from vpd.distill.usage import usage


@pytest.fixture
def lone_rank() -> Iterator[None]:
    """A process group of this process, unless it is in one."""
    if distributed.is_initialized():
        yield
        return
    distributed.init_process_group("gloo", store=distributed.HashStore(), rank=0, world_size=1)
    yield
    distributed.destroy_process_group()


@pytest.mark.usefixtures("lone_rank")
def test_usage_on_the_cpu_takes_no_gpu_hours_and_this_process_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    taken = usage(3600.0, torch.device("cpu"))
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert (taken["gpu_hours"], taken["peak_gpu_memory_mb"]) == (0, 0)
    assert before <= taken["peak_memory_mb"] <= after + 1


def test_usage_on_gpus_counts_each_rank_and_reports_the_hungriest(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_another_rank(values: torch.Tensor, op: object) -> None:
        assert op == distributed.ReduceOp.MAX
        values.copy_(torch.maximum(values, torch.tensor([1e6, 7.0])))

    group = SimpleNamespace(
        all_reduce=of_another_rank, get_world_size=lambda: 4, ReduceOp=distributed.ReduceOp
    )
    cuda = SimpleNamespace(max_memory_allocated=lambda device: 5 * 2**20)
    here = SimpleNamespace(cuda=cuda, tensor=lambda values, device: torch.tensor(values))
    monkeypatch.setattr(module, "distributed", group)
    monkeypatch.setattr(module, "torch", here)
    taken = usage(1800.0, mock.Mock(type="cuda"))
    assert taken == {"gpu_hours": 2.0, "peak_memory_mb": 1_000_000, "peak_gpu_memory_mb": 7}
