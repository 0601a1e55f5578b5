"""The ranks of one node of a training: `python -m vpd.distill.cluster.node`, on whatever cluster the node is.

This is torchrun, which ends when the process that started it ends. The nodes meet at the first of them.
"""

import argparse
import os
import sys
from dataclasses import dataclass

from vpd.distill.launch import end_with_parent


@dataclass(frozen=True)
class Node:
    """One node of a training. Its number is text, since Kubernetes fills it in later."""

    number: str
    nodes: int
    ranks: int
    """On this node."""
    threads: int
    """CPU threads of each rank."""
    master: str
    """Address of the first node."""
    port: int
    config: str
    """JSON file of a TrainConfig."""

    def command(self, python: str) -> list[str]:
        """Return the command that runs it."""
        options = [f"--{name}={value}" for name, value in vars(self).items()]
        return [python, "-m", "vpd.distill.cluster.node", *options]


def main() -> None:
    """Run one node's ranks from the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m vpd.distill.cluster.node", description="Train on one node of several."
    )
    parser.add_argument("--number", required=True, help="which node this is, counted from 0")
    for name in ("nodes", "ranks", "threads", "port"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--master", required=True, help="address of node 0")
    parser.add_argument("--config", required=True, help="JSON file with the fields of TrainConfig")
    node = Node(**vars(parser.parse_args()))
    end_with_parent()
    os.environ["OMP_NUM_THREADS"] = str(node.threads)
    from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
    from torch.distributed.run import main as torchrun

    place = [f"--nnodes={node.nodes}", f"--node-rank={node.number}", f"--nproc-per-node={node.ranks}"]
    meeting = [f"--master-addr={node.master}", f"--master-port={node.port}"]
    try:
        torchrun([*place, *meeting, "--module", "vpd.distill.train", "--config", node.config])
    except ChildFailedError:  # the rank has said why
        sys.exit(1)


if __name__ == "__main__":
    main()
