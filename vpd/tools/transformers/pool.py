"""Several models on one device within a memory budget: loaded when first needed, the longest idle one leaves.

The budget is for weights; what a batch takes besides is met by halving it (`vpd.tools.transformers.halving`).
A model is loaded into main memory first, so that room is made for the bytes it really has.
"""

import gc
from collections import OrderedDict
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Condition
from typing import Generic, Protocol, TypeVar

import torch

from vpd.errors import ToolError


class Sized(Protocol):
    """Something that takes room."""

    @property
    def nbytes(self) -> int:
        """Bytes on the device."""
        ...


T = TypeVar("T", bound=Sized)


class Loadable(Hashable, Protocol[T]):
    """What can be loaded; equal ones are loaded once."""

    @property
    def name(self) -> str:
        """For messages."""
        ...

    def load(self) -> T:
        """Load into main memory."""
        ...

    def place(self, loaded: T) -> T:
        """Move to the device."""
        ...


@dataclass
class _Held(Generic[T]):
    loaded: T
    users: int = 0


class ModelPool(Generic[T]):
    """Lends models to any thread. `budget` is in bytes."""

    def __init__(self, budget: int) -> None:
        self.budget = budget
        self._held: OrderedDict[Loadable[T], _Held[T]] = OrderedDict()
        self._change = Condition()

    @property
    def nbytes(self) -> int:
        """Bytes of the models held now."""
        return sum(held.loaded.nbytes for held in self._held.values())

    @contextmanager
    def lend(self, model: Loadable[T]) -> Iterator[T]:
        """Lend a model; it stays on the device until it is given back.

        Waits while models in use leave no room. Raises ToolError if it alone is larger than the budget.
        """
        with self._change:
            held = self._held.get(model) or self._load(model)
            self._held.move_to_end(model)
            held.users += 1
        try:
            yield held.loaded
        finally:
            with self._change:
                held.users -= 1
                self._change.notify_all()

    def _load(self, model: Loadable[T]) -> _Held[T]:
        loaded = model.load()
        if loaded.nbytes > self.budget:
            raise ToolError(
                f"{model.name} takes {_gb(loaded.nbytes)} and the budget is {_gb(self.budget)}: raise "
                "memory_gb, take a smaller model, or load it as bfloat16"
            )
        while self.nbytes + loaded.nbytes > self.budget:
            if not self._evict():
                self._change.wait()
            if model in self._held:  # another thread loaded it while this one waited
                return self._held[model]
        self._held[model] = _Held(model.place(loaded))
        return self._held[model]

    def _evict(self) -> bool:
        """Let the model go that has been idle longest; tell whether there was one."""
        idle = next((model for model, held in self._held.items() if not held.users), None)
        if idle is None:
            return False
        del self._held[idle]
        free_memory()
        return True


def free_memory() -> None:
    """Give memory that nothing refers to any more back to the device."""
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


def _gb(count: int) -> str:
    return f"{count / 1e9:.2g} GB"
