"""Loss curves of training runs as a picture."""

from collections.abc import Mapping, Sequence
from io import BytesIO

from matplotlib.figure import Figure

Records = Sequence[Mapping[str, float]]


def loss_curves(histories: Mapping[str, Records]) -> bytes:
    """Return a PNG with one panel per loss and one curve per arm; `histories` is {arm: its report's history}.

    Thin lines are training steps smoothed over the last 20, dots are validations. Losses are in nats per
    token, of preferences per pair, as they enter the objective.
    """
    modes = [
        m
        for m in ("answer", "rationale", "preference")
        if any(m in r for rows in histories.values() for r in rows)
    ]
    figure = Figure(figsize=(4.5 * len(modes), 3.2), layout="constrained")
    for axes, mode in zip(figure.subplots(1, len(modes), squeeze=False)[0], modes, strict=True):
        for color, (arm, rows) in zip(
            ("tab:blue", "tab:orange", "tab:green"), histories.items(), strict=False
        ):
            steps, losses = _series(rows, mode)
            axes.plot(steps, _smoothed(losses), color=color, linewidth=1, label=arm)
            axes.plot(*_series(rows, f"val_{mode}"), "o", color=color, markersize=4)
        axes.set(
            title=f"{mode} loss",
            xlabel="step",
            ylabel="nats per pair" if mode == "preference" else "nats per token",
        )
        axes.legend(title="dots: validation")
    buffer = BytesIO()
    figure.savefig(buffer, format="png", dpi=110)
    return buffer.getvalue()


def _series(rows: Records, name: str) -> tuple[list[float], list[float]]:
    present = [row for row in rows if name in row]
    return [row["step"] for row in present], [row[name] for row in present]


def _smoothed(values: Sequence[float], width: int = 20) -> list[float]:
    windows = (values[max(0, i + 1 - width) : i + 1] for i in range(len(values)))
    return [sum(window) / len(window) for window in windows]
