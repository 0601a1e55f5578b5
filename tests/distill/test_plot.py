"""Loss curves as a picture."""

import io

from PIL import Image

from vpd.distill.plot import loss_curves

ROWS = [{"step": float(n), "answer": 1 / n, "lr": 1e-3} for n in range(1, 30)]


def test_loss_curves_is_a_png_with_a_panel_for_each_mode() -> None:
    instruct = Image.open(io.BytesIO(loss_curves({"instruct": ROWS})))
    explained = [row | {"rationale": 1.0, "val_answer": 0.5} for row in ROWS]
    both = Image.open(io.BytesIO(loss_curves({"student": explained, "instruct": ROWS})))
    assert instruct.format == both.format == "PNG"
    assert both.width > 1.9 * instruct.width
