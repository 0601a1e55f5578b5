"""Inside a Ray job: `python -m vpd.distill.cluster.ray_nodes`, torchrun on nodes that it takes from Ray.

A node is a bundle of a placement group, each on a machine of its own; its task holds the node's cores and
GPUs as long as torchrun runs. If one node fails or is lost the job ends, and with it the other nodes.

What a task prints goes through Ray to the job's log, where it may come too late for a job that fails; so a
task gives back the end of what it printed, and the job prints that last.
"""

import argparse
import socket
import subprocess
import sys
from collections import deque
from dataclasses import dataclass
from functools import partial

import ray
from ray.exceptions import GetTimeoutError, RayError
from ray.util.placement_group import PlacementGroup, placement_group
from ray.util.scheduling_strategies import PlacementGroupSchedulingStrategy

from vpd.distill.cluster.node import Node

_TAIL = 20  # lines


@dataclass(frozen=True)
class NodeEnd:
    """How torchrun on a node ended, and the last lines that it and its ranks printed."""

    code: int
    tail: str


def meeting_point() -> tuple[str, int]:
    """Return this node's address and a port that is free on it."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        return ray.util.get_node_ip_address(), int(listener.getsockname()[1])  # type: ignore[no-untyped-call]


def run_node(node: Node) -> NodeEnd:
    """Run torchrun here, and print what it prints; the kernel kills it if Ray kills this process."""
    tail: deque[str] = deque(maxlen=_TAIL)
    command, pipe = node.command(sys.executable), subprocess.PIPE
    with subprocess.Popen(
        command, stdout=pipe, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            print(line, end="", flush=True)
            tail.append(line)
    return NodeEnd(process.returncode, "".join(tail))


def train_on(group: PlacementGroup, node_of: "partial[Node]", nodes: int) -> str:
    """Run all nodes and wait for them; return what went wrong, nothing if all went well."""
    on = [
        PlacementGroupSchedulingStrategy(group, placement_group_bundle_index=number)
        for number in range(nodes)
    ]
    whole = {"num_cpus": group.bundle_specs[0]["CPU"], "num_gpus": group.bundle_specs[0].get("GPU", 0)}
    master, port = ray.get(ray.remote(meeting_point).options(**whole, scheduling_strategy=on[0]).remote())
    task = ray.remote(run_node)
    pending = {
        task.options(**whole, max_retries=0, scheduling_strategy=on[number]).remote(
            node_of(number=str(number), master=master, port=port)
        ): number
        for number in range(nodes)
    }
    while pending:
        (done, *_), _ = ray.wait(list(pending))
        number = pending.pop(done)
        try:
            end = ray.get(done)
        except RayError as error:
            return f"node {number} was lost: {error}"
        if end.code != 0:
            return f"node {number} ended with code {end.code}:\n{end.tail}"
    return ""


def main() -> int:
    """Run from the entry point of a Ray job; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m vpd.distill.cluster.ray_nodes")
    for name in ("nodes", "ranks", "gpus", "threads"):
        parser.add_argument(f"--{name}", type=int, required=True)
    parser.add_argument("--start-seconds", type=float, required=True)
    parser.add_argument("--config", required=True, help="JSON file with the fields of TrainConfig")
    given = parser.parse_args()
    ray.init(address="auto")
    each = {"CPU": given.ranks * given.threads} | ({"GPU": given.gpus} if given.gpus else {})
    group = placement_group([each] * given.nodes, strategy="STRICT_SPREAD")
    try:
        ray.get(group.ready(), timeout=given.start_seconds)
    except GetTimeoutError:
        there = ray.cluster_resources()  # type: ignore[no-untyped-call]
        print(
            f"error: no {given.nodes} nodes with {each} each were free within {given.start_seconds:g} s; the "
            f"cluster has {there}: add nodes, or take fewer ranks, threads or GPUs"
        )
        return 1
    node_of = partial(Node, nodes=given.nodes, ranks=given.ranks, threads=given.threads, config=given.config)
    problem = train_on(group, node_of, given.nodes)
    if problem:
        print(f"error: {problem}", flush=True)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
