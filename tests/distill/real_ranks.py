"""Real ranks: processes of their own that meet over gloo.

They are forks of one server that imported the trainer, so starting four costs no more than starting one.
"""

import multiprocessing
import os
import socket
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

_LONGEST = 100  # seconds that ranks may take
_ROOT = str(Path(__file__).parents[2])


@dataclass(frozen=True)
class Ended:
    """How a rank ended: what it returned, or the error it raised, or neither if it was killed."""

    value: Any = None
    error: str = ""
    message: str = ""
    trace: str = ""


def on_ranks(world: int, work: Callable[..., Any], *arguments: Any, **variables: str) -> list[Ended]:
    """Run a function of a test module on ranks and return how each ended, in their order.

    `variables` are of the environment. When a rank is killed the others are, too, as a launcher does.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["vpd.distill.train", "deepspeed"])
    os.environ.setdefault("DS_ACCELERATOR", "cpu")
    os.environ.setdefault("TORCHDYNAMO_DISABLE", "1")
    if _ROOT not in sys.path:  # ranks import the test module by its name
        sys.path.append(_ROOT)
    described = {"WORLD_SIZE": str(world), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    pipes, processes = [], []
    for rank in range(world):
        ours, theirs = context.Pipe(duplex=False)
        environment = {**described, "RANK": str(rank), "LOCAL_RANK": str(rank), **variables}
        process = context.Process(target=_rank, args=(theirs, environment, work, arguments))
        process.start()
        theirs.close()
        pipes.append(ours)
        processes.append(process)
    try:
        return [_ended(pipe) for pipe in pipes]
    finally:
        for process in processes:
            process.kill()
            process.join()


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _ended(pipe: Connection) -> Ended:
    if not pipe.poll(_LONGEST):
        raise TimeoutError(f"a rank did not end in {_LONGEST} s")
    try:
        ended: Ended = pipe.recv()
    except EOFError:
        return Ended()
    return ended


def _rank(pipe: Connection, environment: dict[str, str], work: Callable[..., Any], arguments: Any) -> None:
    import torch

    os.environ.update(environment)
    torch.set_num_threads(1)
    try:
        pipe.send(Ended(work(*arguments)))
    except BaseException as error:
        pipe.send(Ended(None, type(error).__name__, str(error), traceback.format_exc()))
