"""What one training run is: data, arm, student, optimisation, and where its results go.

One JSON file describes one arm. Two arms that differ in `arm` alone are twins: same questions, order, steps
and seed. Not here: ZeRO stage and what else DeepSpeed is told, which is the JSON file that `deepspeed`
names.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from vpd.datasets.sources import source_of
from vpd.distill.guard import Divergence
from vpd.distill.hardware import Hardware
from vpd.distill.lora import LoraConfig
from vpd.distill.mixture import check_weights
from vpd.distill.notation import NotationName
from vpd.distill.preference import Preference
from vpd.errors import ConfigError
from vpd.rationale.prompts import Mode
from vpd.records import canonical_json

Arm = Literal["student", "instruct", "rationale"]
OptimizerName = Literal["adamw", "muon"]
Weight = Annotated[float, Field(ge=0, allow_inf_nan=False)]
MODES: dict[Arm, tuple[Mode, ...]] = {
    "student": ("answer", "rationale"),
    "instruct": ("answer",),
    "rationale": ("rationale",),
}
"""The modes in which each arm learns to answer."""

VERSION = "2"
"""Of the trainer; raised when the same configuration and data would give other weights."""

_DEEPSPEED = Path(__file__).parents[2] / "infra" / "deepspeed"
RUNTIME = {"store", "s3_endpoint", "output", "mlflow", "log_every", "checkpoint_every", "deepspeed",
            "hardware", "divergence"}  # fmt: skip
_LATER: dict[str, Any] = {
    "lora": None,
    "export": "last",
    "rationale_weight": 1.0,
    "mixture": {},
    "preference": None,
    "optimizer": "adamw",
    "notation": "boxes",
}
"""Left out of the method at these values, so that runs from before stay the same."""


class StudentConfig(BaseModel):
    """Size of the embedded student, a LLaVA built from nothing (`vpd.distill.student`)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    image_size: int = Field(default=96, ge=16, description="pictures are resized to this many pixels square")
    patch_size: int = Field(
        default=12, ge=4, description="pixels per side of an image token; divides image_size"
    )
    hidden_size: int = Field(
        default=128, ge=16, description="width of vision tower and decoder; a multiple of 32"
    )
    vision_layers: int = Field(default=2, ge=1)
    text_layers: int = Field(default=3, ge=1)
    place_bins: int = Field(
        default=32,
        ge=0,
        le=1000,
        description="place tokens of each axis (`vpd.distill.notation`); 0: numbers",
    )
    vocabulary: int = Field(default=4096, ge=300, description="most tokens the tokenizer may learn")
    max_length: int = Field(default=2048, ge=64, description="most image and text tokens together")

    @model_validator(mode="after")
    def _divisible(self) -> "StudentConfig":
        if self.image_size % self.patch_size:
            raise ValueError(f"patch_size {self.patch_size} does not divide image_size {self.image_size}")
        if self.hidden_size % 32:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of 32, the width of a head")
        return self


class MlflowConfig(BaseModel):
    """The MLflow run that follows the training; its name and tags do not change what is trained."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    tracking_uri: str
    experiment: str = "vpd"
    run_name: str | None = None
    tags: dict[str, str] = Field(default_factory=dict)


class TrainConfig(BaseModel):
    """One arm of a distillation. Lengths count questions, whatever the number of ranks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    store: str = Field(description="artifact store: a folder or s3://bucket/prefix")
    s3_endpoint: str | None = None
    shards: tuple[str, ...] = Field(min_length=1, description="shards of the table of examples, in order")
    arm: Arm = Field(
        description="student: answers and rationales; instruct: answers only; rationale: rationales only, "
        "for questions that have one"
    )
    output: Path = Field(description="folder of this run: checkpoints, model, training.json")
    mixture: dict[str, Weight] = Field(
        default={}, description="weight of every source in the questions; empty: each question once an epoch"
    )
    base: str | None = Field(
        default=None,
        description="hub id, folder, run:RUN_ID (a student in the store) or recorded:NAME to start from; "
        "default: the embedded student",
    )
    lora: LoraConfig | None = Field(
        default=None, description="train low-rank changes of the base; default: all of its weights"
    )
    preference: Preference | None = Field(
        default=None, description="a second stage: train the base on pairs of rationales instead of examples"
    )
    student: StudentConfig = StudentConfig()
    seed: int = 0
    steps: int = Field(default=500, ge=1)
    batch_size: int = Field(default=48, ge=1, description="questions per step over all ranks")
    optimizer: OptimizerName = Field(
        default="adamw", description="muon: fp32 and ZeRO stage 0 only; for a student built from nothing"
    )
    lr: float = Field(default=3e-3, gt=0, description="peak of the cosine")
    warmup: float = Field(default=0.05, ge=0, lt=1, description="share of steps to reach the peak")
    weight_decay: float = Field(default=0.01, ge=0)
    grad_clip: float = Field(default=1.0, gt=0, description="largest norm of the gradient")
    notation: NotationName = Field(default="boxes", description="how rationales say where something is")
    rationale_weight: float = Field(
        default=1.0,
        gt=0,
        description="weight of the rationales' loss beside the answers'; none: arm instruct",
    )
    precision: Literal["fp32", "bf16"] = "fp32"
    deepspeed: Path = Field(
        default=_DEEPSPEED / "zero2.json",
        description="DeepSpeed JSON: ZeRO stage and its options; default: stage 2, with muon stage 0",
    )
    hardware: Hardware = Hardware()
    divergence: Divergence = Divergence()
    log_every: int = Field(default=10, ge=1)
    checkpoint_every: int = Field(default=100, ge=1)
    eval_every: int = Field(default=200, ge=1, description="steps between validations")
    eval_questions: int = Field(
        default=192, ge=0, description="questions of the val split per validation; 0: none"
    )
    export: Literal["last", "best"] = Field(
        default="last", description="step whose model is kept; twins are compared at the same step: the last"
    )
    mlflow: MlflowConfig | None = None

    @model_validator(mode="before")
    @classmethod
    def _whole_for_muon(cls, given: Any) -> Any:
        if isinstance(given, dict) and given.get("optimizer") == "muon":
            return {"deepspeed": _DEEPSPEED / "zero0.json"} | given
        return given

    @model_validator(mode="after")
    def _lora_has_a_base(self) -> "TrainConfig":
        if self.lora is not None and self.base is None:
            raise ValueError("lora changes a trained model: name one as base, or leave lora out")
        return self

    @model_validator(mode="after")
    def _judged(self) -> "TrainConfig":
        if self.export == "best" and self.eval_questions == 0:
            raise ValueError("export best needs validations: set eval_questions above 0")
        if self.export == "best" and "answer" not in MODES[self.arm]:
            raise ValueError(f"export best goes by answers in answer mode, which arm {self.arm} never learns")
        return self

    @model_validator(mode="after")
    def _weighed(self) -> "TrainConfig":
        if self.mixture:
            check_weights(self.mixture, {source_of(shard) for shard in self.shards})
        return self

    @model_validator(mode="after")
    def _preferring(self) -> "TrainConfig":
        if self.preference is None:
            return self
        if self.base is None or self.arm != "student":
            raise ValueError(
                "preference is a second stage: set base to a trained student, and arm to student"
            )
        if self.export == "best":
            raise ValueError("export best goes by answers, which preference does not ask for: set it to last")
        if self.mixture:
            raise ValueError("a mixture weighs questions, preference trains on pairs: leave one of them out")
        return self

    @classmethod
    def load(cls, path: Path) -> "TrainConfig":
        """Read a JSON file. Raises ConfigError that names the file and every wrong field."""
        try:
            return cls.model_validate_json(path.read_text())
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error}") from error
        except ValidationError as error:
            raise ConfigError(f"{path}: {problems(error)}") from error

    def save(self, path: Path) -> None:
        """Write the JSON file that `load` reads."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(self.model_dump_json(indent=2))

    def method(self) -> dict[str, Any]:
        """Return everything that decides the weights; not where things lie or how often they are logged."""
        without = {name for name, before in _LATER.items() if getattr(self, name) == before}
        return self.model_dump(mode="json", exclude=RUNTIME | without)


def fingerprint(config: TrainConfig, digests: Mapping[str, str]) -> str:
    """Return the hash of a run: the trainer's version, its method, and {shard: sha256 of its examples}."""
    return hashlib.sha256(canonical_json([VERSION, config.method(), dict(digests)]).encode()).hexdigest()


def problems(error: ValidationError) -> str:
    """Return every wrong field with what is wrong about it, in one line."""
    found = [(".".join(map(str, e["loc"])), e["msg"].removeprefix("Value error, ")) for e in error.errors()]
    return "; ".join(f"{field}: {message}" if field else message for field, message in found)
