"""Manifests against the schemas that Kubernetes publishes, of every version the package of schemas has."""

import re
from dataclasses import replace
from pathlib import Path

import kubernetes_validate
import pytest

from vpd.distill.cluster.kubernetes_spec import KubernetesSpec, Toleration
from vpd.distill.cluster.manifest import job_manifest, service_manifest
from vpd.errors import ConfigError

LEAST = KubernetesSpec(image="vpd:1", shared_claim="vpd", shared_folder="/shared/vpd")
FULL = KubernetesSpec(
    image="vpd:1",
    shared_claim="vpd",
    shared_folder="/shared",
    namespace="distillation",
    hours=1.5,
    env={"NCCL_DEBUG": "WARN"},
    secrets=("vpd-store",),
    image_pull_secrets=("registry",),
    service_account="trainer",
    priority_class="batch",
    node_selector={"nvidia.com/gpu.product": "A100"},
    tolerations=(Toleration(key="nvidia.com/gpu"), Toleration(key="team", value="vpd", effect="NoExecute")),
)


@pytest.mark.parametrize("spec", [LEAST, FULL])
@pytest.mark.parametrize("version", ["1.28", "1.32", kubernetes_validate.latest_version()])
def test_manifests_fit_the_published_schemas(job, spec, version):
    for manifest in (job_manifest(spec, job), service_manifest(spec, job, "uid-1")):
        kubernetes_validate.validate(manifest, version, strict=True)


def test_published_schemas_find_a_field_that_does_not_exist(job):
    manifest = job_manifest(LEAST, job)
    manifest["spec"]["template"]["spec"]["containers"][0]["gpus"] = 4
    with pytest.raises(kubernetes_validate.ValidationError, match="gpus"):
        kubernetes_validate.validate(manifest, "1.32", strict=True)


def test_job_manifest_gives_every_node_a_pod_with_its_gpus_and_its_number(job):
    spec = job_manifest(LEAST, job)["spec"]
    container = spec["template"]["spec"]["containers"][0]
    assert (spec["completions"], spec["parallelism"], spec["completionMode"]) == (2, 2, "Indexed")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "4"
    assert container["resources"]["requests"]["cpu"] == "8"
    assert "--number=$(JOB_COMPLETION_INDEX)" in container["command"]
    assert f"--config={job.config}" in container["command"]


def test_job_manifest_on_the_cpu_asks_for_no_gpu(job):
    manifest = job_manifest(LEAST, replace(job, gpus=0))
    assert "gpu" not in str(manifest["spec"]["template"]["spec"]["containers"][0]["resources"])


def test_nodes_meet_at_the_first_pod_under_the_name_of_the_service(job):
    pod = job_manifest(LEAST, job)["spec"]["template"]
    service = service_manifest(LEAST, job, "uid-1")
    master = re.search(r"--master=(\S+)", " ".join(pod["spec"]["containers"][0]["command"]))
    assert master is not None
    assert master[1] == f"{job.name}-0.{service['metadata']['name']}"
    assert pod["spec"]["subdomain"] == service["metadata"]["name"]
    assert pod["metadata"]["labels"].items() >= service["spec"]["selector"].items()
    assert service["metadata"]["ownerReferences"][0]["uid"] == "uid-1"


def test_job_manifest_of_a_run_outside_the_shared_folder_is_refused(job):
    with pytest.raises(ConfigError, match="/home/me"):
        job_manifest(LEAST, replace(job, config=Path("/home/me/runs/student/config.json")))
