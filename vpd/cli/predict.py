"""`vpd predict`: ask the registered model about one picture."""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from PIL import Image, ImageDraw

from vpd.distill.picture_files import open_image
from vpd.errors import ConfigError
from vpd.evaluation.boxes import read_boxes, to_pixels
from vpd.evaluation.promotion import CHAMPION, MODEL_NAME
from vpd.evaluation.registry import load_model
from vpd.evaluation.tracking import Tracking
from vpd.geometry import Box
from vpd.settings import load_settings

_INK = "#d6336c"
_SMALLEST = (
    480  # pixels of the longer side of a drawing: small pictures are enlarged so lines do not hide them
)


def command(
    image: Annotated[Path, typer.Option(help="Picture file, PNG or JPEG.")],
    question: Annotated[str, typer.Option(help="Question about the picture.")],
    model: Annotated[
        str, typer.Option(help="Model in the MLflow registry: models:/NAME@ALIAS or models:/NAME/VERSION.")
    ] = f"models:/{MODEL_NAME}@{CHAMPION}",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object; boxes are in pixels of the picture.")
    ] = False,
    draw: Annotated[
        Path | None, typer.Option(help="Save the picture with the rationale's boxes drawn, as PNG.")
    ] = None,
) -> None:
    """Ask the registered student about a picture: its answer, and the rationale it gives.

    Answer and rationale are written in two separate passes, so the sentence that closes the rationale can
    differ from the answer.

    Example: vpd predict --image scene.png --question "How many red cubes are there?" --draw boxes.png
    """
    picture = _open(image)
    student = load_model(Tracking(load_settings().mlflow_tracking_uri), model)
    said = student.predict([{"image": image.read_bytes(), "question": question}]).iloc[0]
    boxes = [to_pixels(box, *picture.size) for box in read_boxes(said["rationale"])]
    if draw is not None:
        _draw(picture, boxes, draw)
    if as_json:
        out = {"answer": said["answer"], "rationale": said["rationale"], "boxes": [asdict(b) for b in boxes]}
        typer.echo(json.dumps({**out, "model": model}, ensure_ascii=False))
        return
    typer.echo(f"Answer:    {said['answer']}\nRationale: {said['rationale']}")


def _open(path: Path) -> Image.Image:
    try:
        return open_image(path.read_bytes(), str(path))
    except OSError as error:
        raise ConfigError(f"cannot read {path} ({error}): give --image a PNG or JPEG file") from error


def _draw(picture: Image.Image, boxes: list[Box], path: Path) -> None:
    scale = max(1, -(-_SMALLEST // max(picture.size)))
    canvas = picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.LANCZOS)
    pen = ImageDraw.Draw(canvas)
    for number, box in enumerate(boxes, start=1):
        left, right = sorted((box.left * scale, box.right * scale))
        top, bottom = sorted((box.top * scale, box.bottom * scale))
        pen.rectangle((left, top, right, bottom), outline=_INK, width=2)
        pen.text((left + 4, top + 2), str(number), fill=_INK, font_size=16)
    try:
        canvas.save(path, "PNG")
    except OSError as error:
        raise ConfigError(
            f"cannot write {path}: {error}; give --draw a file in a folder that exists"
        ) from error
