"""What the demo shows at its end: the headline figures of the evaluation, and where to look next."""

from pathlib import Path

from rich.console import Console
from rich.table import Table

from vpd.evaluation.results import Share, load_evaluation
from vpd.store import ArtifactStore


def show_results(console: Console, store: ArtifactStore, evaluation_id: str) -> None:
    """Print accuracy of every model and mode, and the paired differences, with 95% intervals."""
    evaluation = load_evaluation(store, evaluation_id)
    table = Table(title=f"{evaluation.questions:,} questions of split {evaluation.split}")
    for column in ("model", "mode"):
        table.add_column(column)
    for column in ("accuracy", "seen texts", "held-out texts", "s per question"):
        table.add_column(column, justify="right")
    for result in evaluation.results:
        shares = (result.accuracy, result.seen_texts, result.held_out_texts)
        seconds = f"{result.seconds_per_question:.4f}"
        table.add_row(result.model, result.mode, *(_percent(share) for share in shares), seconds)
    console.print()
    console.print(table)
    for comparison in evaluation.comparisons:
        first, second = (" ".join(side) for side in (comparison.first, comparison.second))
        console.print(f"  {first} minus {second}: {_points(comparison.difference)}")


def show_next_steps(console: Console, home: Path, report: str) -> None:
    """Print where everything can be looked at."""
    rows = {
        "Report": report,
        "Dagster and MLflow": f"VPD_HOME={home} make ui",
        "Ancestry of a row": "vpd lineage row ID",
        "Ask the model": 'vpd predict --image PICTURE --question "How many cubes are there?"',
        "The same over HTTP": "vpd serve",
    }
    console.print("\nWhere to look next")
    for what, where in rows.items():
        console.print(f"  {what:<20} {where}", soft_wrap=True)


def _percent(share: Share | None) -> str:
    return "-" if share is None else f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _points(share: Share) -> str:
    return f"{share.mean * 100:+.1f} points [{share.low * 100:+.1f}, {share.high * 100:+.1f}]"
