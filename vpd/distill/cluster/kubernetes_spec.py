"""What a Kubernetes cluster has to be told about a training beyond the training itself: one TOML file.

image = "registry.example.org/vpd:1.0"      # with vpd installed
namespace = "distillation"
shared_claim = "vpd"                        # ReadWriteMany, mounted where Dagster's machine has it
shared_folder = "/shared/vpd"
memory = "64Gi"
secrets = ["vpd-store"]                     # their keys become variables, such as AWS_ACCESS_KEY_ID
node_selector = { "nvidia.com/gpu.product" = "NVIDIA-A100-SXM4-80GB" }
"""

import tomllib
from pathlib import Path, PurePosixPath
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from vpd.errors import ConfigError

_Label = Annotated[str, Field(pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$", max_length=253)]
_Quantity = Annotated[str, Field(pattern=r"^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")]


class Toleration(BaseModel):
    """A taint that the pods do not mind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    key: str
    value: str | None = Field(default=None, description="None: any value")
    effect: str = Field(default="NoSchedule", pattern="^(NoSchedule|PreferNoSchedule|NoExecute)$")


class KubernetesSpec(BaseModel):
    """Where and as what the pods of a training run. A pod is a node of the training."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image: str = Field(min_length=1, description="container image with vpd installed")
    shared_claim: _Label = Field(description="PersistentVolumeClaim, ReadWriteMany, that all pods mount")
    shared_folder: str = Field(description="where pods mount it, and Dagster's machine too; holds VPD_HOME")
    namespace: _Label = "default"
    context: str | None = Field(default=None, description="context of kubectl; None: the current one")
    python: str = Field(default="python", description="command that starts Python in the image")
    memory: _Quantity = Field(default="16Gi", description="of each pod")
    shared_memory: _Quantity = Field(default="4Gi", description="of each pod, for NCCL; part of its memory")
    gpu_resource: str = Field(default="nvidia.com/gpu", description="what the cluster calls a GPU")
    port: int = Field(default=29500, ge=1024, le=65535, description="where the nodes meet")
    hours: float | None = Field(default=None, gt=0, description="most that a job may take, pending included")
    env: dict[str, str] = Field(default_factory=dict, description="variables of all ranks; no secrets")
    secrets: tuple[_Label, ...] = Field(default=(), description="Secrets whose keys become variables")
    image_pull_secrets: tuple[_Label, ...] = ()
    service_account: _Label | None = None
    priority_class: _Label | None = None
    node_selector: dict[str, str] = Field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()

    @field_validator("shared_folder")
    @classmethod
    def _absolute(cls, folder: str) -> str:
        if not PurePosixPath(folder).is_absolute():
            raise ValueError(f"{folder!r} is no absolute path")
        return folder

    @classmethod
    def load(cls, path: Path) -> "KubernetesSpec":
        """Read the TOML file. Raises ConfigError that names the file and every wrong field."""
        try:
            return cls.model_validate(tomllib.loads(path.read_text()))
        except (OSError, tomllib.TOMLDecodeError) as error:
            raise ConfigError(f"cannot read {path}: {error}") from error
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise ConfigError(f"{path}: {problems}") from error
