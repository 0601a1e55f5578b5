"""The report of a study: tables in Markdown, and one HTML file that needs nothing else.

Curves show the accuracy of validation answers, mean over seeds, against seconds of training and against
questions trained on, so that learning faster and learning more can be told apart.
"""

from collections.abc import Callable

from vpd.evaluation.plots import Curve, Series, bars, intervals, lines
from vpd.evaluation.results import Share
from vpd.inspect.html import environment
from vpd.study.results import Difference, Groups, Point, RationaleBoxes, StudyResult, VariantResult

_COLORS = ("#1d5fa6", "#d9822b", "#4f8f63", "#8a5fb0", "#b3372f", "#5c6670", "#2aa198", "#c2a000")
_NONE = "–"
Row = tuple[str, ...]
Table = tuple[Row, list[Row]]
"""Head and rows."""


def markdown(result: StudyResult) -> str:
    """Return the tables of a study in Markdown."""
    parts = [
        f"# Study {result.name}",
        f"{result.questions} questions about {result.pictures} test pictures of {', '.join(result.sources)}. "
        "Accuracy with 95% bootstrap intervals over pictures, pooled over seeds.",
        _text(accuracy(result)),
        *(
            ["Differences in points, paired by question and seed.", _text(differences(result))]
            if result.differences
            else []
        ),
        _text(runs(result)),
        *([f"Not done: {'; '.join(result.missing)}."] if result.missing else []),
    ]
    return "\n\n".join(parts) + "\n"


def render(result: StudyResult) -> str:
    """Return the report as HTML."""
    shown = _series(result)
    over_seconds, over_questions = (
        _curves(result, along) for along in (lambda p: p.seconds, lambda p: p.questions)
    )
    gaps = [(title(d), d.groups["all"]) for d in result.differences]
    template = environment("vpd.study").get_template("study.html.j2")
    return template.render(
        result=result,
        accuracy=accuracy(result),
        differences=differences(result),
        runs=runs(result),
        series=shown,
        group_plot=bars(_groups(result), shown, "Accuracy by group of questions"),
        difference_plot=intervals(gaps, "Differences in accuracy, in points") if gaps else None,
        curves=over_seconds,
        seconds_plot=lines(over_seconds, "Accuracy over seconds of training", "seconds"),
        questions_plot=lines(over_questions, "Accuracy over questions trained on", "questions"),
    )


def title(difference: Difference) -> str:
    """Return what is compared, in words."""
    return " − ".join(f"{name}, {mode}" for name, mode in (difference.first, difference.second))


def accuracy(result: StudyResult) -> Table:
    """Return the table of accuracy: the references, then every variant in its modes."""
    groups = _groups(result)[1:]
    head = (
        "variant",
        "mode",
        "all",
        "by seed",
        *groups,
        "no answer",
        "boxes right",
        "found",
        "s per question",
    )
    rows = [
        (r.name, _NONE, _share(r.groups["all"]), _NONE, *_means(r.groups, groups), _NONE, _NONE, _NONE,
         f"{r.seconds_per_question:.3g}")
        for r in result.references
    ]  # fmt: skip
    for variant in result.variants:
        rows += [
            (variant.name, mode.mode, _share(mode.groups["all"]), _by_seed(mode.by_seed, "{:.1%}"),
             *_means(mode.groups, groups), str(mode.without_answer), *_boxes(mode.boxes),
             f"{mode.seconds_per_question:.3g}")
            for mode in variant.modes
        ]  # fmt: skip
    return head, rows


def differences(result: StudyResult) -> Table:
    """Return the table of differences in points."""
    groups = _groups(result)
    rows = [
        (
            title(d),
            *(_points(d.groups.get(group)) for group in groups),
            _by_seed({seed: 100 * gap for seed, gap in d.by_seed.items()}, "{:+.1f}"),
        )
        for d in result.differences
    ]
    return ("first − second", *groups, "by seed"), rows


def runs(result: StudyResult) -> Table:
    """Return the table of what was trained: data, steps and time."""
    head: Row = ("variant", "setting", "train questions", "rationales", "steps", "seconds", "runs")
    rows: list[Row] = [
        (
            variant.name,
            _line(variant.line),
            str(variant.train_questions),
            str(variant.train_rationales),
            _by_seed(variant.steps, "{}"),
            _by_seed(variant.train_seconds, "{:.0f}"),
            _by_seed(variant.runs, "{}"),
        )
        for variant in result.variants
    ]
    return head, rows


def _groups(result: StudyResult) -> list[str]:
    """Return the names of the groups that any question is in, in order."""
    return list(result.references[0].groups)


def _series(result: StudyResult) -> list[Series]:
    pairs = [(variant, mode) for variant in result.variants for mode in variant.modes]
    return [
        Series(f"{variant.name}, {mode.mode}", _COLORS[place % len(_COLORS)], mode.groups)
        for place, (variant, mode) in enumerate(pairs)
    ]


def _curves(result: StudyResult, along: Callable[[Point], float]) -> list[Curve]:
    return [
        Curve(variant.name, _COLORS[place % len(_COLORS)], _curve(variant, along))
        for place, variant in enumerate(result.variants)
        if any(variant.curves.values())
    ]


def _curve(variant: VariantResult, along: Callable[[Point], float]) -> list[tuple[float, float]]:
    """Return the means over seeds of the n-th validations; seeds whose steps differ have equally many."""
    validations = zip(*variant.curves.values(), strict=False)
    return [
        (sum(map(along, points)) / len(points), sum(p.accuracy for p in points) / len(points))
        for points in validations
    ]


def _means(found: Groups, names: list[str]) -> list[str]:
    return [f"{found[name].mean:.1%}" if name in found else _NONE for name in names]


def _share(share: Share) -> str:
    return f"{share.mean:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _points(share: Share | None) -> str:
    if share is None:
        return _NONE
    return f"{100 * share.mean:+.1f} [{100 * share.low:+.1f}, {100 * share.high:+.1f}]"


def _by_seed(values: dict[int, float] | dict[int, int] | dict[int, str], form: str) -> str:
    return " ".join(form.format(value) for value in values.values())


def _boxes(boxes: RationaleBoxes | None) -> tuple[str, str]:
    """Return the shares of right and of found boxes; none where places are not written as boxes."""
    if boxes is None or not boxes.stated:
        return _NONE, _NONE
    found = f"{boxes.found / boxes.wanted:.1%}" if boxes.wanted else _NONE
    return f"{boxes.right / boxes.stated:.1%}", found


def _line(line: dict[str, object]) -> str:
    """Return what the study file says of a variant, in one line."""
    flat = {**line}
    for inner in ("data", "training"):
        found = flat.pop(inner, {})
        flat |= found if isinstance(found, dict) else {}
    return ", ".join(f"{name} = {value}" for name, value in flat.items()) or "default"


def _text(table: Table) -> str:
    head, rows = table
    every = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in every)
