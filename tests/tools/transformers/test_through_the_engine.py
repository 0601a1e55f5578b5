"""A tool set of tiny models of all kinds, from a file, behind the execution engine."""

import json

import pytest

from vpd.execution.engine import open_engine
from vpd.execution.run import Job
from vpd.execution.trace import events_to_json

# PaliGemma's processor converts tensors to arrays in a way that numpy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")

NEAREST = """
cats = ImagePatch(image).find("cat")
nearest = min(cats, key=lambda cat: cat.compute_depth())
return nearest.simple_query("What color is it?") + "/" + nearest.best_text_match(["red", "blue"])
"""
COUNT = """
patch = ImagePatch(image)
red = [dog for dog in patch.find("dog") if dog.verify_property("dog", "red")]
return f"{len(red)} {patch.exists('person')} {len(patch.read_text()) > 0}"
"""
UNKNOWN = "return str(len(ImagePatch(image).find('zebra')))"


@pytest.mark.parametrize(("detector", "zebras"), [("owlv2", "answered"), ("detr", "raised")])
def test_programs_run_on_models_from_a_file(models, pictures, open_file, detector, zebras):
    toolset = open_file(
        f"""
        batch = 8
        memory_gb = 0.01
        [detector]
        model = '{models[detector]}'
        threshold = 0.0
        [image_text]
        model = '{models["siglip"]}'
        [depth]
        model = '{models["depth_anything"]}'
        [questions]
        model = '{models["paligemma"]}'
        tokens = 4
        [reading]
        model = '{models["idefics3"]}'
        tokens = 4
        """
    )
    jobs = [Job(source, pictures[name]) for source in (NEAREST, COUNT, UNKNOWN) for name in ("wide", "tall")]
    seen = []
    for _ in range(2):
        with open_engine(toolset) as engine:
            seen.append([run for _, run in engine.run(jobs)])
    first, second = seen
    assert [run.outcome for run in first[:4]] == ["answered"] * 4
    assert [run.outcome == "answered" for run in first[4:]] == [zebras == "answered"] * 2
    assert {run.answer.rpartition("/")[2] for run in first[:2]} <= {"red", "blue"}
    assert all(json.loads(events_to_json(run.events)) for run in first)
    assert [run.answer for run in first] == [run.answer for run in second]
