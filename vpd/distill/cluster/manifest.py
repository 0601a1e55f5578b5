"""The Kubernetes objects of a training: an indexed Job, one pod per node, and the name under which they meet.

Plain `batch/v1` and `v1`, so a cluster needs no operator. A pod that fails or is evicted fails the Job, which
ends the other pods; the next attempt goes on from the last checkpoint. The Service is the Job's dependent and
goes with it. Checked in tests against the schemas that Kubernetes publishes; not run on a real cluster.
"""

from pathlib import PurePosixPath
from typing import Any

from vpd.distill.cluster.job import TrainingJob
from vpd.distill.cluster.kubernetes_spec import KubernetesSpec
from vpd.distill.cluster.node import Node
from vpd.errors import ConfigError

_KEPT_SECONDS = 24 * 3600  # that an ended job and its logs stay in the cluster
_NUMBER = "$(JOB_COMPLETION_INDEX)"  # Kubernetes puts a pod's index here

Manifest = dict[str, Any]


def job_manifest(spec: KubernetesSpec, job: TrainingJob) -> Manifest:
    """Return the Job; raises ConfigError if the run's folder is not in the shared folder."""
    if not PurePosixPath(job.config).is_relative_to(spec.shared_folder):
        raise ConfigError(
            f"the run's folder {job.config.parent} is not under shared_folder {spec.shared_folder}, so pods "
            "would not see it: set VPD_HOME to a folder in there"
        )
    template = {"metadata": {"labels": _labels(job)}, "spec": _pod(spec, job)}
    body = {
        "completionMode": "Indexed",
        "completions": job.nodes,
        "parallelism": job.nodes,
        "backoffLimit": 0,
        "ttlSecondsAfterFinished": _KEPT_SECONDS,
        "template": template,
    }
    if spec.hours is not None:
        body["activeDeadlineSeconds"] = round(spec.hours * 3600)
    return {"apiVersion": "batch/v1", "kind": "Job", "metadata": _metadata(spec, job), "spec": body}


def service_manifest(spec: KubernetesSpec, job: TrainingJob, uid: str) -> Manifest:
    """Return the headless Service by which pods find the first one; `uid` is the created Job's."""
    owner: Manifest = {"apiVersion": "batch/v1", "kind": "Job", "name": job.name, "uid": uid}
    owner["blockOwnerDeletion"] = True  # so that its name is free when the Job is gone
    body = {
        "clusterIP": "None",
        "publishNotReadyAddresses": True,
        "selector": _labels(job),
        "ports": [{"name": "meeting", "port": spec.port}],
    }
    metadata = _metadata(spec, job) | {"ownerReferences": [owner]}
    return {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": body}


def _metadata(spec: KubernetesSpec, job: TrainingJob) -> Manifest:
    return {"name": job.name, "namespace": spec.namespace, "labels": _labels(job)}


def _labels(job: TrainingJob) -> dict[str, str]:
    return {"app.kubernetes.io/name": "vpd", "app.kubernetes.io/instance": job.name}


def _pod(spec: KubernetesSpec, job: TrainingJob) -> Manifest:
    pod: Manifest = {
        "restartPolicy": "Never",
        "subdomain": job.name,
        "automountServiceAccountToken": False,
        "containers": [_container(spec, job)],
        "volumes": [
            {"name": "shared", "persistentVolumeClaim": {"claimName": spec.shared_claim}},
            {"name": "memory", "emptyDir": {"medium": "Memory", "sizeLimit": spec.shared_memory}},
        ],
    }
    optional = {
        "serviceAccountName": spec.service_account,
        "priorityClassName": spec.priority_class,
        "nodeSelector": spec.node_selector,
        "imagePullSecrets": [{"name": name} for name in spec.image_pull_secrets],
        "tolerations": [_toleration(t.key, t.value, t.effect) for t in spec.tolerations],
    }
    return pod | {name: value for name, value in optional.items() if value}


def _toleration(key: str, value: str | None, effect: str) -> Manifest:
    how = {"operator": "Exists"} if value is None else {"operator": "Equal", "value": value}
    return {"key": key, "effect": effect, **how}


def _container(spec: KubernetesSpec, job: TrainingJob) -> Manifest:
    master = f"{job.name}-0.{job.name}"
    node = Node(_NUMBER, job.nodes, job.ranks, job.threads, master, spec.port, str(job.config))
    taken = {"cpu": str(job.ranks * job.threads), "memory": spec.memory}
    if job.gpus:
        taken[spec.gpu_resource] = str(job.gpus)
    return {
        "name": "ranks",
        "image": spec.image,
        "command": node.command(spec.python),
        "env": [{"name": name, "value": value} for name, value in sorted({**spec.env, **job.env}.items())],
        "envFrom": [{"secretRef": {"name": name}} for name in spec.secrets],
        "resources": {"requests": taken, "limits": {k: v for k, v in taken.items() if k != "cpu"}},
        "securityContext": {"allowPrivilegeEscalation": False},
        "volumeMounts": [
            {"name": "shared", "mountPath": spec.shared_folder},
            {"name": "memory", "mountPath": "/dev/shm"},
        ],
    }
