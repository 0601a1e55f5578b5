"""The optional second stage of a student: which of two rationales it should rather write (DPO).

A run with `preference` starts from a trained student and learns from pairs instead of examples. Everything
else is a training run like any other: script, ranks, checkpoints, guard, report. Not here: what a pair is
(`vpd.distill.preference_pairs`), the loss (`vpd.distill.preference_loss`).
"""

from pydantic import BaseModel, ConfigDict, Field


class Preference(BaseModel):
    """How a student learns to prefer (direct preference optimisation, arXiv 2305.18290)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    beta: float = Field(
        default=0.1, gt=0, description="how closely it is held to the student that it starts from"
    )
    each: int = Field(default=4, ge=1, description="most pairs from one question, as in an export")
