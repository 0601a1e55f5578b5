"""Small charts of a shard for the UI: yields by family and policy, lengths and drops of rationales.

They go into the event log with every materialisation, so they are PNG files of few colours. Names of
families come from outside: they are written as they are, without markup, and shortened.

Not here: the plots of the report (`vpd.evaluation.plots`).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from PIL import Image

FAMILIES = 16  # the largest are shown
_LONGEST_NAME = 24
_COLORS = ("#1864ab", "#b8480b", "#2b7a3d", "#6741d9", "#0b6e80")
_FONT = "DejaVu Sans"
_DPI = 80
_SHADES = 32


@dataclass(frozen=True)
class Yield:
    """A question family: its questions, those with a right candidate, those with a kept one by policy."""

    questions: int
    any_correct: int
    kept_by: Mapping[str, int]


@dataclass(frozen=True)
class Lengths:
    """Lengths of a family's rationales: how many, their mean and their 10th and 90th percentile."""

    rationales: int
    mean: float
    low: float
    high: float


def yield_chart(families: Mapping[str, Yield]) -> bytes:
    """Return a PNG of the share of each family's questions that each policy keeps a candidate of.

    A tick says what share has a right candidate at all.
    """
    names = _largest({name: one.questions for name, one in families.items()})
    policies = sorted({policy for one in families.values() for policy in one.kept_by})
    figure, axes = _figure(names, 0.16 + 0.16 * max(1, len(policies)))
    height = 0.8 / max(1, len(policies))
    for place, policy in enumerate(policies):
        at = [row - 0.4 + height * (place + 0.5) for row in range(len(names))]
        shares = [families[n].kept_by.get(policy, 0) / max(1, families[n].questions) for n in names]
        axes.barh(at, shares, height * 0.9, color=_COLORS[place % len(_COLORS)], label=_safe(policy))
    reached = [families[n].any_correct / max(1, families[n].questions) for n in names]
    rows = range(len(names))
    axes.vlines(reached, [r - 0.45 for r in rows], [r + 0.45 for r in rows], "#1c2127", label="any right")
    _rows(axes, [_named(name, families[name].questions) for name in names])
    axes.set(xlim=(0, 1.02), xlabel=_of("share of questions with a kept candidate", names, families))
    figure.legend(loc="outside upper center", ncols=len(policies) + 1, frameon=False, fontsize=8)
    return _png(figure)


def rationale_chart(families: Mapping[str, Lengths], dropped: Mapping[str, int]) -> bytes:
    """Return a PNG of the words of each family's rationales, and of how many were dropped by reason.

    Dots are means, lines reach from the 10th to the 90th percentile.
    """
    names = _largest({name: one.rationales for name, one in families.items()})
    figure, axes = _figure(names, 0.3, len(dropped))
    rows = range(len(names))
    found = [families[name] for name in names]
    axes.hlines(rows, [f.low for f in found], [f.high for f in found], _COLORS[0], linewidth=3, alpha=0.4)
    axes.plot([f.mean for f in found], rows, "o", color=_COLORS[0])
    _rows(axes, [_named(name, families[name].rationales) for name in names])
    axes.set(xlabel=_of("words of a rationale: mean, 10% to 90%", names, families))
    axes.set_xlim(left=0)
    if dropped:
        reasons = sorted(dropped, key=lambda reason: (-dropped[reason], reason))
        below = figure.axes[1]
        below.barh(range(len(reasons)), [dropped[r] for r in reasons], 0.6, color=_COLORS[1])
        below.set(xlabel="dropped rationales, by reason")
        _rows(below, [_named(reason, dropped[reason]) for reason in reasons])
    return _png(figure)


def _figure(names: Sequence[str], row: float, below: int = 0) -> tuple[Figure, Axes]:
    """Return a figure with rows of so many inches, and with a second panel if that has any rows."""
    heights = [max(1, len(names)) * row, below * 0.3]
    panels = 2 if below else 1
    figure = Figure(figsize=(7.2, sum(heights) + 0.75 * panels + 0.3), layout="constrained")
    ratios = [height + 0.1 for height in heights[:panels]]
    axes: Axes = figure.subplots(panels, 1, squeeze=False, height_ratios=ratios)[0, 0]
    return figure, axes


def _rows(axes: Axes, names: Sequence[str]) -> None:
    """Name the rows, the first on top."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(max(1, len(names)) - 0.5, -0.5)
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set_fontsize(9)


def _largest(sizes: Mapping[str, int]) -> list[str]:
    """Return the names with the most rows, in the order of their names."""
    return sorted(sorted(sizes, key=lambda name: (-sizes[name], name))[:FAMILIES])


def _of(what: str, shown: Sequence[str], families: Mapping[str, object]) -> str:
    more = len(families) - len(shown)
    return f"{what} ({more} smaller families are not shown)" if more else what


def _named(name: str, count: int) -> str:
    short = name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
    return f"{_safe(short)} ({count})"


def _safe(text: str) -> str:
    """Return text that is drawn as it is: no markup, a box for what the font lacks."""
    known = _known_characters()
    return "".join(c if ord(c) in known else "□" for c in text).replace("$", r"\$")


@cache
def _known_characters() -> frozenset[int]:
    return frozenset(get_font(findfont(_FONT)).get_charmap())


def _png(figure: Figure) -> bytes:
    drawn, small = BytesIO(), BytesIO()
    figure.savefig(drawn, format="png", dpi=_DPI)
    with Image.open(drawn) as picture:
        picture.convert("RGB").quantize(_SHADES).save(small, "PNG", optimize=True)
    return small.getvalue()
