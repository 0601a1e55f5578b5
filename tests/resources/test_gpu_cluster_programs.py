import sys

import numpy as np
import pytest

from resources.gpu_cluster import GpuClusterResource, RayPrograms
from resources.vision_tools import VisionToolsResource
from vpd.errors import ConfigError
from vpd.execution.engine import Engine
from vpd.execution.run import Job
from vpd.probing.ablation import ablated
from vpd.tools.protocol import Picture

TOOLS = VisionToolsResource(in_flight=2, threads=1)


def test_gpu_cluster_runs_programs_on_this_machine_by_default():
    with GpuClusterResource().open_engine(TOOLS) as engine:
        assert isinstance(engine, Engine)
        assert engine.settings == TOOLS.settings()


def test_gpu_cluster_opens_deniable_tools_for_probes():
    picture = Picture("0" * 64, np.full((96, 96, 3), 128, np.uint8))
    job = Job("return str(len(ImagePatch(image).find('cube')))", ablated(picture, "flipped"))
    answers = []
    for deniable in (False, True):
        with GpuClusterResource().open_engine(TOOLS, deniable) as engine:
            answers += [run.answer for _, run in engine.run([job])]
    assert answers == ["0", "1"]


def test_gpu_cluster_with_ray_not_installed_says_how_to_install_it(monkeypatch):
    for module in [name for name in sys.modules if name.startswith("vpd.execution.cluster")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "ray", None)
    with (
        pytest.raises(ConfigError, match=r"pip install vpd\[ray\]"),
        GpuClusterResource(programs="ray").open_engine(TOOLS),
    ):
        pass


@pytest.mark.parametrize("address", ["ray://127.0.0.1:10001", "127.0.0.1:9"])
def test_gpu_cluster_that_cannot_be_joined_says_what_to_do(address, monkeypatch):
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    cluster = GpuClusterResource(programs="ray", ray=RayPrograms(address=address))
    with pytest.raises(ConfigError, match=r"node of the cluster|ray start"), cluster.open_engine(TOOLS):
        pass
