"""Tool sets from TOML files: what is read from them, and what is wrong with them."""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from vpd.errors import ConfigError, ModelFileError
from vpd.tools.hub import hub_toolset
from vpd.tools.methods import IMAGE_PATCH

DETECTOR = '[detector]\nmodel = "someone/detector"\n'


@pytest.fixture
def write(tmp_path):
    def written(text):
        path = tmp_path / "tools.toml"
        path.write_text(textwrap.dedent(text))
        return path

    return written


FULL = """
    device = "cuda"
    dtype = "bfloat16"
    memory_gb = 40
    batch = 64
    [detector]
    model = "someone/detector"
    revision = "main"
    threshold = 0.3
    overlap = 0.6
    dtype = "float32"
    [image_text]
    model = "someone/image-text"
    threshold = 0.6
    [depth]
    model = "someone/depth"
    [questions]
    model = "someone/writer"
    prompt = "answer en {question}"
    tokens = 8
    [reading]
    model = "someone/writer"
    [endpoint]
    model = "any"
    methods = ["llm_query"]
"""


def test_every_section_brings_its_methods_in_the_order_of_the_api(write):
    spec = hub_toolset(write(FULL))
    assert dict(spec.methods) == dict(IMAGE_PATCH)
    assert list(spec.methods) == list(IMAGE_PATCH)
    assert spec.full_batch == 64
    assert spec.name.endswith("tools.toml")


def test_absent_sections_leave_their_methods_out_of_the_api_and_the_examples(write):
    spec = hub_toolset(write(DETECTOR + '[depth]\nmodel = "x/y"'))
    assert list(spec.methods) == ["find", "exists", "compute_depth"]
    assert spec.examples
    for example in spec.examples:
        assert not any(f".{name}(" in example.program for name in set(IMAGE_PATCH) - set(spec.methods))
    assert len(spec.examples) < len(hub_toolset(write(FULL)).examples)


def test_reading_a_file_imports_neither_torch_nor_transformers(write):
    code = (
        "import sys, pathlib; from vpd.tools.hub import hub_toolset; "
        f"print(*hub_toolset(pathlib.Path({str(write(FULL))!r})).methods); "
        "assert not {'torch', 'transformers', 'openai'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == list(IMAGE_PATCH)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", "detector"),
        ("device = 'cpu'", "no section"),
        ("colour = 1\n" + DETECTOR, "colour"),
        (DETECTOR + "treshold = 0.2", "detector.treshold"),
        (DETECTOR + "threshold = 'high'", "detector.threshold"),
        (DETECTOR + "threshold = 2", "detector.threshold"),
        ("[detector]", "detector.model"),
        ("[detector]\nmodel = ''", "detector.model"),
        ("detector = 'owlv2'", "detector"),
        ("dtype = 'float8'\n" + DETECTOR, "dtype"),
        ("memory_gb = 0\n" + DETECTOR, "memory_gb"),
        ("batch = 0\n" + DETECTOR, "batch"),
        ("[depth]\nmodel = 'x/y'\nthreshold = 0.5", "depth.threshold"),
        ("[endpoint]\nmodel = 'm'\nmethods = ['find']", "endpoint.methods"),
        ("[detector\n", "no TOML"),
        (
            "[questions]\nmodel = 'x/y'\n[endpoint]\nmodel = 'm'\nmethods = ['simple_query', 'llm_query']",
            "simple_query",
        ),
    ],
)
def test_a_wrong_file_is_an_error_that_names_the_file_and_the_key(write, text, named):
    path = write(text)
    with pytest.raises(ConfigError) as error:
        hub_toolset(path)
    assert str(path) in str(error.value)
    assert named in str(error.value)


def test_a_missing_file_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        hub_toolset(tmp_path / "nowhere.toml")
    with pytest.raises(ConfigError, match=tmp_path.name):
        hub_toolset(tmp_path)


def test_a_model_that_is_neither_a_folder_nor_cached_is_an_error_with_file_and_section(write, monkeypatch):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    path = write(DETECTOR)
    with pytest.raises(ModelFileError) as error:
        hub_toolset(path).open()
    for part in (str(path), "[detector]", "someone/detector", "HF_HOME"):
        assert part in str(error.value)


def test_a_device_that_is_not_there_is_an_error_with_the_file(write):
    path = write('device = "cuda:99"\n' + DETECTOR)
    with pytest.raises(ConfigError, match="cuda:99") as error:
        hub_toolset(path).open()
    assert str(path) in str(error.value)


def test_file_in_the_documentation_is_a_tool_set_with_every_method(tmp_path):
    docs = Path(__file__).parents[2] / "docs" / "tools.md"
    [text] = re.findall(r"```toml\n(.*?)```", docs.read_text(), flags=re.DOTALL)
    file = tmp_path / "documented.toml"
    file.write_text(text)
    assert set(hub_toolset(file).methods) == set(IMAGE_PATCH)
