"""What the examples of a variant are made from: how programs are filtered, and how many labels there are."""

from pydantic import BaseModel, ConfigDict, Field

from vpd.verification.stage import LabelledPolicy


class DataSettings(BaseModel):
    """Settings of verdicts and examples; the defaults are those of the pipeline."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    policy: LabelledPolicy = Field(
        default="probed", description="which candidates of labelled questions are kept (verify_programs)"
    )
    first: int | None = Field(default=None, ge=1, description="candidates of each text that are judged")
    labels: float = Field(
        default=1.0, ge=0, le=1, description="share of the train pictures whose questions keep their labels"
    )
    labels_seed: int = Field(default=0, description="which pictures these are")
    labelled_only: bool = Field(default=False, description="leave out train questions without a label")
    rewrite: bool = Field(
        default=False, description="have the language model of the environment reword each rationale"
    )

    def labelled(self) -> "DataSettings":
        """Return the settings of the data of those who learn from labels alone."""
        return self.model_copy(update={"labelled_only": True}) if self.labels < 1 else self
