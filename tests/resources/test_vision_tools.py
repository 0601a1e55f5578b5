import pytest

from resources.vision_tools import VisionToolsResource
from vpd.errors import ConfigError


def test_vision_tools_open_the_named_set():
    with VisionToolsResource(in_flight=2, threads=1).open() as engine:
        assert engine.tools_version.startswith("scenes")
        assert engine.settings.in_flight == 2


def test_vision_tools_of_an_unknown_set_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="scenes"), VisionToolsResource(toolset="none").open():
        pass
