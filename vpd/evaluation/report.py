"""The report of an evaluation: one HTML file that needs nothing else, no script, no network.

Everything that came from a model, a picture's source or a user is escaped by the template.
"""

import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version

from jinja2 import Template

from vpd.evaluation.attribution import Fault
from vpd.evaluation.baselines import ANY_OF_K, FIRST, PRIOR, PROGRAM_MODEL
from vpd.evaluation.evaluate import STUDENT, TWIN
from vpd.evaluation.gallery import gallery
from vpd.evaluation.plots import Curve, Series, bars, intervals, lines
from vpd.evaluation.results import Comparison, Evaluation, GroundTruth
from vpd.inspect.html import environment
from vpd.records import VERDICTS
from vpd.store import ArtifactStore
from vpd.verification.yields import add_yields, rates

GALLERY = 24
FEW_PICTURES = 30  # below this a percentile interval over pictures is too narrow to say anything
PACKAGES = ("vpd", "torch", "transformers", "deepspeed", "dagster", "mlflow", "polars", "pydantic-monty")

NAMES = {
    (STUDENT, "answer"): "Student, answer",
    (STUDENT, "rationale"): "Student, rationale",
    (TWIN, "answer"): "Instruct twin, answer",
    (TWIN, "rationale"): "Instruct twin, rationale",
    (PRIOR, "answer"): "Question-only prior",
    (PROGRAM_MODEL, FIRST): "Programs, first sample",
    (PROGRAM_MODEL, ANY_OF_K): "Programs, any of k (upper bound)",
}
COLORS = {
    (STUDENT, "answer"): "#1d5fa6",
    (STUDENT, "rationale"): "#85b4e0",
    (TWIN, "answer"): "#d9822b",
    (PRIOR, "answer"): "#a3a9b1",
    (PROGRAM_MODEL, FIRST): "#4f8f63",
}
FAULT_NAMES: dict[Fault, str] = {
    "right": "Right",
    "lucky": "Lucky",
    "tool_error": "Tool error",
    "program_error": "Program error",
    "tool_failure": "No answer: tools",
    "program_failure": "No answer: program",
    "crash": "Crash",
}
_CURVE_POINTS = 120  # a curve is drawn as means over at most so many stretches of steps


def render_report(store: ArtifactStore, evaluation: Evaluation) -> str:
    """Return the report as HTML; loss curves are shown if the store knows the training runs.

    Raises MissingShardError if a shard that the evaluation rests on is gone.
    """
    families = sorted({family for result in evaluation.results for family in result.families})
    runs = {arm: store.get_document(f"runs/{run}") or {} for arm, run in evaluation.runs.items()}
    curves = loss_curves({arm: run.get("history", []) for arm, run in runs.items()})
    by_maker = {(r.model, r.mode): r for r in evaluation.results}
    series = [Series(NAMES[m], color, by_maker[m].families) for m, color in COLORS.items()]
    return _template().render(
        evaluation=evaluation,
        names=NAMES,
        families=families,
        series=series,
        conclusion=conclusion(evaluation),
        few_pictures=FEW_PICTURES,
        blame=blame(evaluation.truth) if evaluation.truth else None,
        fault_names=FAULT_NAMES,
        family_plot=bars(families, series, "Accuracy by question family"),
        difference_plot=intervals(
            [(title(c), c.difference) for c in evaluation.comparisons], "Differences in accuracy, in points"
        ),
        title=title,
        curves=curves,
        loss_plot=lines(curves, "Training loss over steps") if curves else None,
        yields={family: rates(counts) for family, counts in _yields(store).items()},
        items=gallery(store, evaluation, GALLERY),
        runs=runs,
        versions={"python": platform.python_version(), **_versions()},
        store_uri=store.uri,
        made=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def title(comparison: Comparison) -> str:
    """Return what is compared, in words."""
    return f"{NAMES[comparison.first]} − {NAMES[comparison.second]}"


def conclusion(evaluation: Evaluation) -> str:
    """Return in words what the comparison of student and twin shows, and what it does not."""
    student, twin = (evaluation.result(arm, "answer").accuracy.mean for arm in (STUDENT, TWIN))
    gap = evaluation.comparisons[0].difference
    found = (
        f"In answer mode the student is right on {student:.1%} of the questions and its Instruct twin on "
        f"{twin:.1%}: a difference of {_points(gap.mean)} points (95% interval {_points(gap.low)} to "
        f"{_points(gap.high)})."
    )
    if evaluation.pictures < FEW_PICTURES:
        return f"{found} With only {evaluation.pictures} test pictures that interval is not reliable."
    if gap.low > 0:
        return f"{found} The interval lies above zero: on pictures like these this student is ahead."
    if gap.high < 0:
        return f"{found} The interval lies below zero: on pictures like these this student is behind."
    return f"{found} The interval includes zero: this run shows no difference between the two."


def blame(truth: GroundTruth) -> str:
    """Return in words whose mistakes the wrong and missing answers of programs are."""
    counts = sum((Counter(found) for found in truth.faults.values()), Counter[str]())
    tools = counts["tool_error"] + counts["tool_failure"]
    programs = counts["program_error"] + counts["program_failure"]
    right = counts["right"] + counts["lucky"]
    lucky = f"{counts['lucky']} of {right} right runs are wrong with exact tools: right by luck."
    if tools + programs == 0:
        return f"No run was wrong. {lucky}"
    wrong = tools + programs
    return (
        f"Of {wrong} wrong or missing answers, {tools} ({tools / wrong:.1%}) come out right with them: there "
        f"the tools were at fault, and better tools are what helps. The other {programs} "
        f"({programs / wrong:.1%}) do not: there the programs are wrong. {lucky}"
    )


def loss_curves(histories: Mapping[str, Sequence[Mapping[str, float]]]) -> list[Curve]:
    """Return the loss of each arm and mode over steps, as means over stretches of steps.

    A history is a list of records with `step` and, where measured, the loss of each mode under its name.
    """
    curves = []
    for (arm, mode), color in COLORS.items():
        points = [(r["step"], r[mode]) for r in histories.get(arm, ()) if mode in r]
        size = -(-len(points) // _CURVE_POINTS)
        stretches = [points[i : i + size] for i in range(0, len(points), size)] if points else []
        means = [(part[-1][0], sum(loss for _, loss in part) / len(part)) for part in stretches]
        if means:
            curves.append(Curve(NAMES[arm, mode], color, means))
    return curves


def _yields(store: ArtifactStore) -> dict[str, dict[str, int]]:
    manifests = [store.manifest(VERDICTS, shard) for shard in store.shards(VERDICTS)]
    return add_yields(m.stats.get("yields", {}) for m in manifests)


def _versions() -> dict[str, str]:
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _template() -> Template:
    templates = environment("vpd.evaluation")
    templates.filters["percent"] = lambda share: "–" if share is None else f"{100 * share:.1f}%"
    templates.filters["points"] = _points
    templates.filters["seconds"] = lambda value: "–" if not value else f"{value:.3g} s"
    return templates.get_template("report.html.j2")


def _points(share: float) -> str:
    return f"{100 * share:+.1f}".replace("-", "−")
