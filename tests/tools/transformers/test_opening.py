"""From a file's sections to tools: what fits where."""

import json
import shutil

import pytest
from transformers import DetrConfig

from vpd.errors import ConfigError, ModelFileError
from vpd.tools.hub import hub_toolset


@pytest.mark.parametrize(
    ("section", "kind"),
    [
        ("detector", "clip"),
        ("image_text", "owlv2"),
        ("depth", "detr"),
        ("questions", "siglip"),
        ("reading", "dpt"),
    ],
)
def test_a_model_of_another_kind_is_refused_with_the_section_and_its_kind(
    section, kind, open_section, models
):
    with pytest.raises(ConfigError) as error:
        open_section(section, kind)
    assert f"[{section}]" in str(error.value)
    assert json.loads((models[kind] / "config.json").read_text())["model_type"] in str(error.value)


def test_a_folder_beside_the_file_is_found_by_its_name(models, tmp_path):
    shutil.copytree(models["detr"], tmp_path / "mine" / "detector")
    path = tmp_path / "tools.toml"
    path.write_text("[detector]\nmodel = 'mine/detector'")
    assert hub_toolset(path).open().tools["find"].card.vocabulary


def test_a_prompt_without_a_place_for_the_question_is_refused(open_section):
    with pytest.raises(ConfigError, match="question"):
        open_section("questions", "llava", prompt="answer!")


def test_a_model_that_only_reads_is_no_answer_to_questions(open_section):
    with pytest.raises(ConfigError, match="reading"):
        open_section("questions", "got_ocr2")


def test_a_detector_that_does_not_name_its_classes_is_refused(models, tmp_path, open_file):
    folder = shutil.copytree(models["detr"], tmp_path / "nameless")
    config = json.loads((folder / "config.json").read_text())
    del config["id2label"], config["label2id"]
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(ConfigError, match="id2label"):
        open_file(f"[detector]\nmodel = '{folder}'")


def test_what_a_model_lacks_is_known_before_anything_runs(models, tmp_path, open_file):
    folder = shutil.copytree(models["detr"], tmp_path / "bare")
    for path in folder.glob("*processor*"):
        path.unlink()
    with pytest.raises(ModelFileError, match=r"\[detector\].*bare"):
        open_file(f"[detector]\nmodel = '{folder}'")
    folder = shutil.copytree(models["detr"], tmp_path / "timm")
    DetrConfig(id2label={0: "cat"}).save_pretrained(
        folder
    )  # as on the hub, with a backbone of another library
    with pytest.raises(ModelFileError, match="timm"):
        open_file(f"[detector]\nmodel = '{folder}'")


def test_one_model_in_two_sections_is_loaded_once(models, open_file, requests_of):
    section = f"model = '{models['llava']}'\ntokens = 2\n"
    tools = open_file(f"[questions]\n{section}[reading]\n{section}").tools
    tools["simple_query"].run(requests_of("What is it?")[:1])
    tools["read_text"].run(requests_of()[:1])
    assert tools["read_text"]._pool.nbytes == tools["read_text"].card.memory_bytes


def test_a_section_may_have_a_type_of_its_own(models, open_file):
    tools = open_file(
        f"dtype = 'bfloat16'\n[detector]\nmodel = '{models['detr']}'\ndtype = 'float32'\n"
        f"[depth]\nmodel = '{models['dpt']}'"
    ).tools
    assert "dtype=float32" in tools["find"].card.version
    assert "dtype=bfloat16" in tools["compute_depth"].card.version
