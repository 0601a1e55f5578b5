"""What `vpd sample --dry-run` prints."""

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from vpd.sampling.plan import Plan
from vpd.sampling.progress import dollars
from vpd.sampling.projection import Projection


def show_projection(console: Console, plan: Plan, questions: int, projections: Sequence[Projection]) -> None:
    """Print what each model is still to be asked in the first round, and what is not in these figures."""
    table = Table("", *(projection.model for projection in projections), title=f"{questions:,} questions")
    for column in table.columns[1:]:
        column.justify, column.overflow = "right", "fold"
    for name, values in zip(_NAMES, zip(*map(_values, projections), strict=True), strict=True):
        table.add_row(name, *values)
    console.print(table)
    for line in _notes(plan):
        console.print(line, highlight=False, soft_wrap=True)


_NAMES = (
    "answers kept",
    "answers to ask for",
    "in requests",
    "prompt tokens, about",
    "completion tokens, about",
    "tokens per answer",
    "completion tokens at most",
    "cost, about",
    "cost at most",
    "minutes at least",
)


def _values(projection: Projection) -> tuple[str, ...]:
    mean = f"{projection.tokens_per_answer:.0f}"
    return (
        f"{projection.kept:,}",
        f"{projection.samples:,}",
        f"{projection.requests:,}",
        f"{projection.prompt_tokens:,}",
        f"{projection.completion_tokens:,}",
        f"{mean} (mean of kept answers)" if projection.measured else f"{mean} (a guess)",
        f"{projection.worst_completion_tokens:,}",
        *("no price" if cost is None else dollars(cost) for cost in (projection.cost, projection.worst_cost)),
        "no limit set" if projection.minutes is None else f"{projection.minutes:,.1f}",
    )


def _notes(plan: Plan) -> list[str]:
    notes = ["Nothing was asked. These are the first answers; what follows depends on them:"]
    if plan.config.repair:
        notes.append("  repair may ask for as many answers again, with longer prompts")
    if plan.config.resample:
        notes.append(f"  resampling may ask for {plan.config.resample} more answers to a question")
    if plan.ceiling is not None:
        notes.append(f"A run stops before it spends {dollars(plan.ceiling)} on a model.")
    return notes
