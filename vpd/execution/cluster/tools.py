"""Shared tools as the program workers see them: every batch goes to one actor.

If the actor or its node dies, Ray starts it anew, and what was asked is asked again, a few times with growing
pauses; tools only answer, so asking twice is safe. What a tool raises there is raised here. An actor that
stays away is a ToolError.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import ray
from ray.exceptions import RayError, RayTaskError

from vpd.errors import ToolError
from vpd.execution.cache import Answer
from vpd.execution.cluster.pictures import SharedPicture
from vpd.execution.cluster.settings import ClusterSettings
from vpd.execution.cluster.tool_server import OpenTools, PackedRequest, ToolServer
from vpd.execution.engine import EngineSettings
from vpd.tools.protocol import ToolCard, ToolRequest, ToolSet

_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)  # seconds; an actor that just died is not yet known to start anew


class RemoteTool:
    """One tool of a ToolServer, as a worker sees it."""

    def __init__(self, card: ToolCard, method: str, server: Any) -> None:
        self.card = card
        self._method, self._server = method, server

    def run(self, batch: Sequence[ToolRequest]) -> Sequence[Answer]:
        """Ask the actor. Raises what the tool raised there, or ToolError if the actor is gone for good."""
        pixels: dict[str, Any] = {}
        for picture in (request.picture for request in batch):
            pixels[picture.image_id] = picture.ref if isinstance(picture, SharedPicture) else picture.pixels
        places = {image_id: place for place, image_id in enumerate(pixels)}
        packed = [
            PackedRequest(places[r.picture.image_id], r.picture.image_id, r.region, r.args) for r in batch
        ]
        for pause in _PAUSES:
            try:
                return self._ask(packed, list(pixels.values()))
            except RayError:
                time.sleep(pause)
        try:
            return self._ask(packed, list(pixels.values()))
        except RayError as error:
            raise ToolError(f"the actor that holds {self.card.version} stays away: {error}") from error

    def _ask(self, packed: Sequence[PackedRequest], pixels: Sequence[Any]) -> Sequence[Answer]:
        try:
            return list(ray.get(self._server.answer.remote(self._method, packed, *pixels)))
        except RayTaskError as error:
            raise error.cause from error


@contextmanager
def shared_tools(
    open_tools: OpenTools, settings: EngineSettings, cluster: ClusterSettings
) -> Iterator[ToolSet]:
    """Start the actor and yield its tools as workers see them; the set may be pickled.

    Raises what `open_tools` raises, and ToolError if the cluster has no room for the actor.
    """
    options = {"num_cpus": cluster.tool_cpus, "num_gpus": cluster.tool_gpus}
    actor = ray.remote(ToolServer).options(**options, max_restarts=-1, max_task_retries=1)
    server: Any = actor.remote(open_tools, settings.tool_seconds)
    try:
        yield _remote(server, cluster)
    finally:
        ray.kill(server)


def _remote(server: Any, cluster: ClusterSettings) -> ToolSet:
    try:
        bare: ToolSet
        bare, cards = ray.get(server.describe.remote(), timeout=cluster.start_seconds)
    except RayTaskError as error:
        raise error.cause from error
    except RayError as error:
        raise ToolError(
            f"the actor for shared tools did not start within {cluster.start_seconds:g} s; it needs "
            f"{cluster.tool_cpus:g} cores and {cluster.tool_gpus:g} GPUs on one node: {error}"
        ) from error
    return replace(bare, tools={method: RemoteTool(card, method, server) for method, card in cards.items()})
