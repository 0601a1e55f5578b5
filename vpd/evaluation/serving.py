"""A registered student over HTTP: MLflow's own scoring server around the loaded pyfunc, in this process.

    POST /invocations   {"dataframe_records": [{"image": BASE64, "question": TEXT}],
                         "params": {"mode": "answer" or "rationale" or "both"}}
    GET  /ping          200 as soon as the server answers

Wrong input is answered with a 4xx whose `message` says what is wrong. Not here: encryption, users, and more
than one process; put a proxy in front for these.
"""

import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

from vpd.errors import ConfigError
from vpd.evaluation.registry import load_model
from vpd.evaluation.tracking import Tracking

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.middleware.base import RequestResponseEndpoint
    from starlette.requests import Request


def serve(tracking: Tracking, uri: str, host: str, port: int) -> None:
    """Serve a model until the process is asked to end (SIGINT or SIGTERM).

    The address is taken before the model is loaded; port 0 takes any free one. Raises ConfigError if the
    address cannot be taken or there is no such model, RegistryError if the registry cannot be reached.
    """
    with closing(_listen(host, port)) as listener:
        application = _application(load_model(tracking, uri))
        import uvicorn

        address = f"http://{host}:{listener.getsockname()[1]}"
        print(f"{uri} answers at {address}/invocations; Ctrl-C stops it", flush=True)
        uvicorn.Server(uvicorn.Config(application, log_level="warning")).run(sockets=[listener])


def _application(model: Any) -> "FastAPI":
    from mlflow.pyfunc.scoring_server import init
    from starlette.responses import PlainTextResponse, Response

    application: FastAPI = init(model)

    @application.middleware("http")  # MLflow's server answers 500 to this
    async def need_content_type(request: "Request", go_on: "RequestResponseEndpoint") -> Response:
        if request.method == "POST" and "content-type" not in request.headers:
            return PlainTextResponse("the header Content-Type is missing: application/json", 415)
        return await go_on(request)

    return application


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except (OSError, OverflowError) as error:
        raise ConfigError(
            f"cannot listen on {host} port {port}: {error}; stop what uses it or choose another with --port"
        ) from error
