"""Plots of the report as inline SVG: sharp at any size, readable without a script, small.

Text is escaped here; the result is safe to put into a page as it is.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from vpd.evaluation.results import Share

_WIDTH = 880
_LEFT, _RIGHT, _TOP = 48, 12, 12


@dataclass(frozen=True)
class Series:
    """One model and mode in a plot: its name, colour, and share by group."""

    name: str
    color: str
    shares: Mapping[str, Share]


@dataclass(frozen=True)
class Curve:
    """One line of a plot: its name, colour, and (step, value) points in order of step."""

    name: str
    color: str
    points: Sequence[tuple[float, float]]


def bars(groups: Sequence[str], series: Sequence[Series], title: str) -> Markup:
    """Return grouped bars of shares (0 to 1) with whiskers for the 95% intervals."""
    height, base = 300, 260
    room = (_WIDTH - _LEFT - _RIGHT) / max(1, len(groups))
    wide = min(22.0, room * 0.84 / max(1, len(series)))
    parts = [_grid_line(base - (base - _TOP) * v / 100, f"{v}%") for v in (0, 25, 50, 75, 100)]
    for g, group in enumerate(groups):
        middle = _LEFT + room * (g + 0.5)
        parts.append(_text(middle, base + 22, group, "middle"))
        for s, one in enumerate(series):
            if group in one.shares:
                x = middle + (s - len(series) / 2) * wide
                parts.append(_bar(x, wide - 2, base, base - _TOP, one, group))
    return _svg(height, title, parts)


def intervals(rows: Sequence[tuple[str, Share]], title: str) -> Markup:
    """Return differences (in points) as dots with whiskers around a line at zero; one row each."""
    top, row_height, label = 8, 34, 330
    bottom = top + row_height * len(rows)
    reach = max(5.0, *(100 * max(abs(s.low), abs(s.high)) for _, s in rows)) * 1.1
    room = _WIDTH - label - 20

    def at(points: float) -> float:
        return label + room * (points + reach) / (2 * reach)

    parts = [_line(at(0), top, at(0), bottom, "axis"), _text(at(0), bottom + 18, "0", "middle")]
    step = max(1, 5 * round(reach / 10))
    for edge in (-step, step):
        parts.append(_line(at(edge), top, at(edge), bottom, "grid"))
        parts.append(_text(at(edge), bottom + 18, f"{edge:+d} points", "middle"))
    for i, (name, share) in enumerate(rows):
        y = top + row_height * (i + 0.5)
        parts.append(_text(label - 16, y + 5, name, "end"))
        parts.append(_line(at(100 * share.low), y, at(100 * share.high), y, "whisker"))
        parts.append(f'<circle class="dot" cx="{at(100 * share.mean):.1f}" cy="{y:.1f}" r="5"/>')
    return _svg(bottom + 30, title, parts)


def lines(curves: Sequence[Curve], title: str, unit: str = "step") -> Markup:
    """Return curves over steps or another unit; both axes start at zero. Ones without points are left out."""
    height, base = 280, 236
    drawn = [curve for curve in curves if curve.points]
    last = max((x for curve in drawn for x, _ in curve.points), default=1) or 1
    most = max((y for curve in drawn for _, y in curve.points), default=1) or 1
    room = _WIDTH - _LEFT - _RIGHT

    def at(x: float, y: float) -> str:
        return f"{_LEFT + room * x / last:.1f},{base - (base - _TOP) * y / most:.1f}"

    parts = [_grid_line(base - (base - _TOP) * tick / most, f"{tick:g}") for tick in _ticks(most)]
    parts += [_text(_LEFT + room * t / last, base + 22, f"{t:,g}", "middle") for t in _ticks(0.9 * last)]
    parts.append(_text(_WIDTH - _RIGHT, base + 22, unit, "end"))
    for curve in drawn:
        points = " ".join(at(x, y) for x, y in curve.points)
        parts.append(
            f'<polyline class="curve" stroke="{curve.color}" points="{points}">'
            f"<title>{escape(curve.name)}</title></polyline>"
        )
    return _svg(height, title, parts)


def _bar(x: float, wide: float, base: float, tall: float, one: Series, group: str) -> str:
    share = one.shares[group]
    y, center = base - tall * share.mean, x + wide / 2
    low, high = base - tall * share.low, base - tall * share.high
    told = escape(f"{one.name}, {group}: {share.mean:.1%} ({share.low:.1%} to {share.high:.1%}), n={share.n}")
    return (
        f'<g><title>{told}</title><rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{base - y:.1f}" '
        f'fill="{one.color}"/>{_line(center, low, center, high, "error")}</g>'
    )


def _ticks(most: float) -> list[float]:
    """Return four to ten round numbers from zero up to the most."""
    power = 10.0 ** math.floor(math.log10(most))
    step = next(s for s in (0.1 * power, 0.2 * power, 0.5 * power, power) if most / s < 10)
    return [round(step * i, 9) for i in range(int(most / step) + 1)]


def _grid_line(y: float, label: str) -> str:
    return _line(_LEFT, y, _WIDTH - _RIGHT, y, "grid") + _text(_LEFT - 8, y + 4, label, "end")


def _line(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    return f'<line class="{kind}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, text: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(height: float, title: str, parts: Sequence[str]) -> Markup:
    return Markup(
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-label="{escape(title)}">'
        f"{''.join(parts)}</svg>"
    )
