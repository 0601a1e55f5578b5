"""`vpd serve`: the registered model over HTTP."""

from typing import Annotated

import typer

from vpd.evaluation.promotion import CHAMPION, MODEL_NAME
from vpd.evaluation.serving import serve
from vpd.evaluation.tracking import Tracking
from vpd.settings import load_settings


def command(
    model: Annotated[
        str, typer.Option(help="Model in the MLflow registry: models:/NAME@ALIAS or models:/NAME/VERSION.")
    ] = f"models:/{MODEL_NAME}@{CHAMPION}",
    host: Annotated[
        str, typer.Option(help="Address to listen on; others than 127.0.0.1 open it to the network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port to listen on; 0: any free one.")] = 8000,
) -> None:
    """Answer questions about pictures over HTTP, until Ctrl-C.

    POST to /invocations a JSON object with `dataframe_records`, a list of objects with `image` (base64 text
    of a PNG or JPEG file) and `question`; `params` may hold `mode`: answer, rationale or both.

    Example: vpd serve --port 8000
    """
    serve(Tracking(load_settings().mlflow_tracking_uri), model, host, port)
