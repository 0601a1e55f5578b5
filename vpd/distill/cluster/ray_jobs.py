"""A Ray cluster that takes trainings through its Jobs REST API; Ray need not be installed here.

The job's own process, `vpd.distill.cluster.ray_nodes`, takes one node after the other and starts torchrun
there. A cluster with token authentication is given the token of RAY_AUTH_TOKEN, or of the file that
RAY_AUTH_TOKEN_PATH names.

Not here: a cluster made for one job and gone after it (RayJob of KubeRay); the address of a RayCluster's head
service works like any other.
"""

import json
import os
import shlex
import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from vpd.distill.cluster.job import State, TrainingJob, UnknownJobError
from vpd.errors import ConfigError

_ALIVE = ("PENDING", "RUNNING")
_ANSWER_SECONDS = 30.0
_END_SECONDS = 60.0  # Ray kills what has not ended 3 s after it was told to
_LATER = "try again later"  # a job server, of a node that starts, has no agent yet: Ray answers 500 with this
_PAUSES = (0.1, 10.0)  # seconds between attempts to hand in a job: the first, and the longest


class NotYetError(ConnectionError):
    """The job server is not up, or says that it cannot take a job yet; what was asked was not done."""


@dataclass(frozen=True)
class RayCluster:
    """A cluster by the address of its job server, `http://host:8265` if it has the default port."""

    address: str
    python: str = "python"
    """The command that starts Python on the nodes, where vpd and ray[default] are installed."""
    start_seconds: float = 600.0
    """Time for the nodes to be free; a cluster may have to grow for it."""
    server_seconds: float = 60.0
    """Time for the job server to be up and to take a job."""

    def submit(self, job: TrainingJob) -> "RayJob":
        """Hand in a job (`Cluster.submit`)."""
        submitted = RayJob(self, f"{job.name}-{uuid.uuid4().hex[:8]}")
        try:
            self._hand_in(job, submitted.name)
        except httpx.InvalidURL as error:
            raise ConfigError(f"{self.address!r} is no address of a Ray job server: {error}") from error
        except (ConnectionError, UnknownJobError) as error:
            raise ConfigError(
                f"no job can be handed to the Ray cluster at {self.address}: {error}; start it with "
                "`ray start --head`, with ray[default] installed on the head, and name its job server"
            ) from error
        return submitted

    def _hand_in(self, job: TrainingJob, submission: str) -> None:
        """End what is left of the job and hand it in, again and again while the server says not yet."""
        until, (pause, longest) = time.monotonic() + self.server_seconds, _PAUSES
        while True:
            try:
                self._end_earlier(job)
                self.ask("POST", "", json=self._request(job, submission))
                return
            except NotYetError:
                if time.monotonic() + pause > until:
                    raise
            time.sleep(pause)
            pause = min(2 * pause, longest)

    def ask(self, method: str, path: str, **body: Any) -> Any:
        """Return the answer of the job server.

        Raises UnknownJobError if it does not know what it is asked about, ConnectionError if it gives no
        answer or refuses, and of these NotYetError if asking again may help.
        """
        token = _token()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{self.address.rstrip('/')}/api/jobs/{path}"
        try:
            answer = httpx.request(method, url, headers=headers, timeout=_ANSWER_SECONDS, **body)
            if answer.is_success:
                return answer.json()
        except httpx.ConnectError as error:
            raise NotYetError(str(error)) from error
        except (httpx.RequestError, json.JSONDecodeError) as error:
            raise ConnectionError(str(error) or type(error).__name__) from error
        problem = f"{answer.status_code} {answer.text.strip()[-500:]}"
        if answer.status_code == 404:
            raise UnknownJobError(problem)
        raise (NotYetError if _LATER in problem else ConnectionError)(problem)

    def _end_earlier(self, job: TrainingJob) -> None:
        for known in self.ask("GET", ""):
            submission = known["submission_id"] or ""
            if known["status"] in _ALIVE and submission.startswith(f"{job.name}-"):
                RayJob(self, submission).cancel()

    def _request(self, job: TrainingJob, submission: str) -> dict[str, Any]:
        sizes = {"nodes": job.nodes, "ranks": job.ranks, "gpus": job.gpus, "threads": job.threads}
        options = [f"--{name}={value}" for name, value in sizes.items()]
        options += [f"--start-seconds={self.start_seconds:g}", f"--config={job.config}"]
        command = [self.python, "-m", "vpd.distill.cluster.ray_nodes", *options]
        env = {**job.env, "RAY_DEDUP_LOGS": "0"}  # two ranks that say the same both say it
        return {
            "submission_id": submission,
            "entrypoint": shlex.join(command),
            "runtime_env": {"env_vars": env},
        }


@dataclass(frozen=True)
class RayJob:
    """A submitted job (`Submitted`)."""

    cluster: RayCluster
    name: str

    def state(self) -> State:
        """Ask where it stands."""
        try:
            job = self.cluster.ask("GET", self.name)
        except UnknownJobError:
            return State(False, "the Ray cluster no longer knows it")
        if job["status"] in _ALIVE:
            return State(True)
        return State(False, "" if job["status"] == "SUCCEEDED" else f"{job['status']}, {job['message']}")

    def log(self) -> str:
        """Return what its process and, through Ray, its ranks have printed."""
        try:
            return str(self.cluster.ask("GET", f"{self.name}/logs")["logs"])
        except UnknownJobError:
            return ""

    def cancel(self) -> None:
        """End it, and wait for it to end."""
        try:
            self.cluster.ask("POST", f"{self.name}/stop")
        except UnknownJobError:  # it is gone
            return
        patience = time.monotonic() + _END_SECONDS
        while self.state().running and time.monotonic() < patience:
            time.sleep(0.5)


def _token() -> str:
    """Return the token for the cluster; empty if the environment names none."""
    token, path = os.environ.get("RAY_AUTH_TOKEN"), os.environ.get("RAY_AUTH_TOKEN_PATH")
    if token or not path:
        return token or ""
    try:
        return Path(path).read_text().strip()
    except OSError as error:
        raise ConfigError(f"RAY_AUTH_TOKEN_PATH: cannot read {path}: {error}") from error
