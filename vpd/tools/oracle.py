"""Tools that answer from ground truth. For tests and for measuring only, never for a pipeline's rows.

They share the methods and the vocabulary with the real tools, so a program that fails with these is itself
wrong, and the difference between the two is what perception costs.
"""

from collections.abc import Mapping

from vpd.datasets.scenes.world import Scene, SceneObject
from vpd.errors import ToolError
from vpd.tools.names import Traits
from vpd.tools.protocol import Picture, ToolSet
from vpd.tools.scene_methods import Sighting, scene_tools


class OracleObserver:
    """Sees what the scene's ground truth holds."""

    version = "oracle-1"

    def __init__(self, scenes: Mapping[str, Scene]) -> None:
        self._scenes = scenes

    def look(self, picture: Picture) -> tuple[Sighting, ...]:
        """Return the scene's objects; raises ToolError for a picture without ground truth."""
        scene = self._scenes.get(picture.image_id)
        if scene is None:
            raise ToolError(
                f"the oracle knows no scene for picture {picture.image_id}; give it the ground truth"
            )
        return tuple(_sighting(o) for o in scene.objects)


def _sighting(o: SceneObject) -> Sighting:
    return Sighting(Traits(o.shape, o.color, o.size, o.material), o.box, o.depth, 1.0)


def oracle_toolset(scenes: Mapping[str, Scene]) -> ToolSet:
    """Return exact tools for pictures by image id."""
    return ToolSet("oracle", scene_tools(OracleObserver(scenes)), full_batch=1)
