from pathlib import Path

import pytest

from vpd.distill.cluster.kubernetes_spec import KubernetesSpec
from vpd.errors import ConfigError

LEAST = 'image = "vpd:1"\nshared_claim = "vpd"\nshared_folder = "/shared"\n'


def test_spec_of_the_repository_is_read():
    spec = KubernetesSpec.load(Path(__file__).parents[3] / "infra/kubernetes/training.toml")
    assert spec.namespace == "distillation"
    assert spec.tolerations[0].key == "nvidia.com/gpu"


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("gpus = 4", "gpus"),
        ('memory = "lots"', "memory"),
        ('namespace = "Not A Name"', "namespace"),
        ("port = 80", "port"),
        ('tolerations = [{ key = "a", effect = "Never" }]', "effect"),
        ("image = [", "cannot read"),
    ],
)
def test_spec_with_a_wrong_field_is_refused_by_name(tmp_path, line, problem):
    file = tmp_path / "training.toml"
    file.write_text(LEAST + line)
    with pytest.raises(ConfigError, match=problem) as raised:
        KubernetesSpec.load(file)
    assert str(file) in str(raised.value)


def test_spec_with_a_relative_shared_folder_is_refused(tmp_path):
    file = tmp_path / "training.toml"
    file.write_text(LEAST.replace("/shared", "shared"))
    with pytest.raises(ConfigError, match="shared_folder"):
        KubernetesSpec.load(file)


def test_spec_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"training\.toml"):
        KubernetesSpec.load(tmp_path / "training.toml")
