"""Start the ranks of a training on this machine: `python -m vpd.distill.launch 2 --config run.json`.

This is torchrun with one difference: the ranks end when the process that started this one ends, even when
that is killed, so a run started again never meets its own ghost.
"""

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Ask the kernel (Linux) to kill this process when its parent ends; elsewhere do nothing."""
    if sys.platform != "linux":
        return
    parent = os.getppid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run torchrun with the given number of ranks; everything after it goes to `vpd.distill.train`."""
    end_with_parent()
    from torch.distributed.run import main as torchrun

    ranks, *arguments = sys.argv[1:]
    torchrun(["--standalone", "--nproc-per-node", ranks, "--module", "vpd.distill.train", *arguments])


if __name__ == "__main__":
    main()
