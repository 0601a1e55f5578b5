"""Models that share a device, with weights that are only numbers."""

import threading
from dataclasses import dataclass, field

import pytest

from vpd.errors import ToolError
from vpd.tools.transformers.pool import ModelPool


@dataclass(frozen=True)
class Block:
    nbytes: int


@dataclass(frozen=True)
class Fake:
    """A model of a size that notes when it is loaded and placed."""

    name: str
    nbytes: int = 40
    log: list = field(default_factory=list, compare=False)

    def load(self):
        self.log.append(f"load {self.name}")
        return Block(self.nbytes)

    def place(self, loaded):
        self.log.append(f"place {self.name}")
        return loaded


def use(pool, *models):
    for model in models:
        with pool.lend(model) as lent:
            assert lent.nbytes == model.nbytes


def test_a_model_is_loaded_once_for_equal_ones():
    pool, log = ModelPool(100), []
    use(pool, Fake("a", log=log), Fake("b", log=log), Fake("a", log=log))
    assert log == ["load a", "place a", "load b", "place b"]
    assert pool.nbytes == 80


def test_the_longest_idle_model_makes_room():
    pool, log = ModelPool(100), []
    a, b, c = (Fake(name, log=log) for name in "abc")
    use(pool, a, b, a, c)  # b was idle longest
    log.clear()
    use(pool, a, c)
    assert log == []
    use(pool, b)
    assert log == ["load b", "place b"]
    assert pool.nbytes == 80


def test_several_models_leave_for_a_large_one():
    pool = ModelPool(100)
    use(pool, Fake("a"), Fake("b"), Fake("large", 100))
    assert pool.nbytes == 100


def test_a_model_larger_than_the_budget_is_refused_and_evicts_nothing():
    pool, log = ModelPool(100), []
    small = Fake("small", log=log)
    use(pool, small)
    with pytest.raises(ToolError, match=r"huge.*memory_gb"):
        use(pool, Fake("huge", 101))
    log.clear()
    use(pool, small)
    assert log == []


def test_a_model_in_use_is_not_evicted_but_waited_for():
    pool, log = ModelPool(60), []
    a, b = Fake("a", log=log), Fake("b", log=log)
    got_b = threading.Event()

    def take_b():
        use(pool, b)
        got_b.set()

    with pool.lend(a):
        other = threading.Thread(target=take_b)
        other.start()
        assert not got_b.wait(0.2)
        assert pool.nbytes == 40
    assert got_b.wait(10)
    other.join()
    assert log[-1] == "place b"
    assert pool.nbytes == 40


def test_a_model_that_two_threads_wait_for_is_placed_once():
    pool, log = ModelPool(60), []
    waiting = [threading.Thread(target=use, args=(pool, Fake("b", log=log))) for _ in range(2)]
    with pool.lend(Fake("a")):
        for thread in waiting:
            thread.start()
        while log.count("load b") < 2:
            threading.Event().wait(0.01)
    for thread in waiting:
        thread.join(10)
    assert log.count("place b") == 1
    assert pool.nbytes == 40


def test_a_failed_use_gives_the_model_back():
    pool = ModelPool(60)
    with pytest.raises(KeyError), pool.lend(Fake("a")):
        raise KeyError
    use(pool, Fake("b"))  # would wait for ever if a were still in use


def test_many_threads_never_exceed_the_budget(monkeypatch):
    monkeypatch.setattr("vpd.tools.transformers.pool.free_memory", lambda: None)  # 0.1 s each time
    pool, peaks, log = ModelPool(100), [], []

    def work(offset):
        for step in range(40):
            with pool.lend(Fake("abcde"[(offset * 3 + step) % 5], log=log)):
                peaks.append(pool.nbytes)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(peaks) == 240
    assert max(peaks) <= 100
