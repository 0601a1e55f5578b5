"""Which step of a run is its best: highest accuracy of validation answers, then least loss, then earliest."""

from collections.abc import Mapping, Sequence


def best_step(history: Sequence[Mapping[str, float]]) -> int | None:
    """Return the best step of those that were validated, or None if none was."""
    judged = [record for record in history if "val_accuracy" in record]
    if not judged:
        return None
    best = max(judged, key=lambda r: (r["val_accuracy"], -r["val_answer"], -r["step"]))
    return int(best["step"])
