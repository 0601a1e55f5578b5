"""Start the ranks of a training on this machine: `python -m vpd.distill.launch --ranks 2 --config run.json`.

This is torchrun with two additions: output can go to a file, and ranks end when the process that started
them ends, even when that is killed, so a run that is started again never meets its own ghost.
"""

import argparse
import ctypes
import os
import signal
import sys
from pathlib import Path

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Ask the kernel (Linux) to kill this process when its parent ends; elsewhere do nothing."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before the kernel was asked
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run torchrun from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m vpd.distill.launch", description="Train on this machine."
    )
    parser.add_argument("--config", required=True, help="JSON file with the fields of TrainConfig")
    parser.add_argument("--ranks", type=int, default=1, help="processes that train together")
    parser.add_argument("--log", type=Path, help="file for what the ranks print; default: the screen")
    arguments = parser.parse_args()
    end_with_parent()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    if arguments.log is not None:
        with arguments.log.open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    ranks = ["--standalone", "--nproc-per-node", str(arguments.ranks)]
    try:
        torchrun([*ranks, "--module", "vpd.distill.train", "--config", arguments.config])
    except ChildFailedError:  # the rank has said why
        sys.exit(1)


if __name__ == "__main__":
    main()
