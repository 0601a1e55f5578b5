"""A training as one job of a cluster, and the seam behind which Ray and Kubernetes differ.

The job runs torchrun on each of its nodes, and torchrun the script `vpd.distill.train`. Dagster's machine and
the nodes share a folder, at the same path on all of them, with the output of the run in it: configuration,
checkpoints, model, report. Store, tracking server and their credentials the nodes know by themselves.

Not here: how a job is watched (`vpd.distill.cluster.follow`).
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from vpd.errors import ConfigError


@dataclass(frozen=True)
class TrainingJob:
    """What a cluster is asked to run. Ranks, GPUs and threads are those of one node."""

    config: Path
    """JSON file of a TrainConfig, in the run's output folder."""
    nodes: int
    ranks: int
    gpus: int
    """All of a node's ranks together; 0: they train on the CPU."""
    threads: int
    env: Mapping[str, str]
    """Variables for every rank: those of Dagster Pipes. No secrets, since clusters show them."""

    @property
    def name(self) -> str:
        """A DNS label of at most 54 characters that is the same whenever this run is started."""
        folder = self.config.parent
        words = re.sub(r"[^a-z0-9]+", "-", folder.name.lower()).strip("-")[:40].strip("-")
        return f"vpd-{words or 'run'}-{hashlib.sha256(str(folder).encode()).hexdigest()[:8]}"


def ranks_of_a_node(ranks: int, nodes: int) -> int:
    """Return the ranks of each node; raises ConfigError if they do not divide evenly."""
    if ranks % nodes:
        raise ConfigError(f"gpu_cluster: {ranks} ranks do not divide over {nodes} nodes: change one of them")
    return ranks // nodes


@dataclass(frozen=True)
class State:
    """Where a job stands: it runs or waits to, or it has ended, well if there is no `failure`."""

    running: bool
    failure: str = ""


class UnknownJobError(Exception):
    """The cluster answers, but does not know the job."""


class Submitted(Protocol):
    """A job that a cluster has taken. Every method raises ConnectionError if the cluster does not answer."""

    @property
    def name(self) -> str:
        """What the cluster calls it."""
        ...

    def state(self) -> State:
        """Ask where it stands; a job that the cluster no longer knows has failed."""
        ...

    def log(self) -> str:
        """Return all that its nodes have printed so far and the cluster still has."""
        ...

    def cancel(self) -> None:
        """End it and everything it started; nothing happens if it has ended."""
        ...


class Cluster(Protocol):
    """Where jobs can be submitted."""

    def submit(self, job: TrainingJob) -> Submitted:
        """Hand in a job, after ending an earlier one of the same name: its Dagster run was killed.

        Raises ConfigError if the cluster cannot be reached or refuses.
        """
        ...
