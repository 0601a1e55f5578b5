"""A Kubernetes cluster that takes trainings, through kubectl, which knows how to log in everywhere.

Not here: Ray on Kubernetes (a RayCluster of KubeRay is used like any Ray cluster, `ray_jobs`), and any proof
on a real cluster: tests run kubectl against a made API server.
"""

import json
import subprocess
from dataclasses import dataclass
from typing import Any

from vpd.distill.cluster.job import State, TrainingJob, UnknownJobError
from vpd.distill.cluster.kubernetes_spec import KubernetesSpec
from vpd.distill.cluster.manifest import Manifest, job_manifest, service_manifest
from vpd.errors import ConfigError

_ANSWER = "30s"
_END = "120s"  # pods have 30 s to end before they are killed


@dataclass(frozen=True)
class KubernetesCluster:
    """A cluster, as a specification names it."""

    spec: KubernetesSpec

    def submit(self, job: TrainingJob) -> "KubernetesJob":
        """Hand in a job (`Cluster.submit`)."""
        manifest = job_manifest(self.spec, job)
        submitted = KubernetesJob(self, job.name)
        try:
            submitted.cancel()
            uid = self._create(manifest)
            self._create(service_manifest(self.spec, job, uid))
        except (ConnectionError, UnknownJobError) as error:
            raise ConfigError(
                f"no job can be created in namespace {self.spec.namespace} of the Kubernetes cluster: "
                f"{error}; try `kubectl auth can-i create jobs`"
            ) from error
        return submitted

    def ask(self, *arguments: str, stdin: str | None = None) -> str:
        """Return what kubectl prints.

        Raises UnknownJobError if the cluster does not know what it is asked about, ConnectionError if it does
        not answer or refuses, ConfigError if there is no kubectl.
        """
        where = [f"--namespace={self.spec.namespace}", f"--request-timeout={_ANSWER}"]
        if self.spec.context is not None:
            where.append(f"--context={self.spec.context}")
        try:
            done = subprocess.run(
                ["kubectl", *where, *arguments], input=stdin, capture_output=True, text=True, errors="replace"
            )
        except FileNotFoundError as error:
            raise ConfigError(
                "gpu_cluster.backend is kubernetes, but there is no kubectl on the PATH: install it"
            ) from error
        if done.returncode == 0:
            return done.stdout
        problem = done.stderr.strip() or f"kubectl ended with code {done.returncode}"
        raise (UnknownJobError if "(NotFound)" in problem else ConnectionError)(problem)

    def _create(self, manifest: Manifest) -> str:
        answer = self.ask("create", "--filename=-", "--output=json", stdin=json.dumps(manifest))
        return str(json.loads(answer)["metadata"]["uid"])


@dataclass(frozen=True)
class KubernetesJob:
    """A created Job (`Submitted`)."""

    cluster: KubernetesCluster
    name: str

    def state(self) -> State:
        """Ask where it stands, by the conditions that the Job controller sets when a Job has ended."""
        try:
            job = json.loads(self.cluster.ask("get", "job", self.name, "--output=json"))
        except UnknownJobError as error:
            return State(False, f"the cluster no longer knows it ({error})")
        return _state(job)

    def log(self) -> str:
        """Return what its pods have printed, each line after the name of its pod."""
        pods = ["--selector", f"batch.kubernetes.io/job-name={self.name}", "--tail=-1", "--prefix"]
        try:
            return self.cluster.ask("logs", *pods, "--max-log-requests=1000")
        except UnknownJobError:  # no pod has started, or none is left
            return ""

    def cancel(self) -> None:
        """Delete it and, through Kubernetes, its pods and its Service; wait for that."""
        gone = ["--ignore-not-found", "--cascade=foreground", "--wait", f"--timeout={_END}"]
        self.cluster.ask("delete", "job", self.name, *gone)


def _state(job: dict[str, Any]) -> State:
    conditions = job.get("status", {}).get("conditions", [])
    held = {c["type"]: c for c in conditions if c["status"] == "True"}
    if "Complete" in held:
        return State(False)
    if "Failed" in held:
        return State(False, f"{held['Failed'].get('reason', '')}, {held['Failed'].get('message', '')}")
    return State(True)
