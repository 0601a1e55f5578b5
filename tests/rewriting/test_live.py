"""A rationale in the words of the real embedded model."""

import pytest

from vpd.chat.embedded import SAMPLER_MODEL
from vpd.rewriting.rewriter import Draft, open_rewriter
from vpd.settings import load_settings

DRAFT = (
    "I find 2 cubes at [100 400 300 600] and [500 600 620 720]. The cube at [100 400 300 600] is red. "
    "The answer is 1."
)


@pytest.mark.live
def test_embedded_model_keeps_boxes_and_answer_in_other_words(tmp_path):
    embedded = {"home": tmp_path, "llm_url": "", "llm_model": "", "llm_file": ""}
    settings = load_settings().model_copy(update=embedded)
    if SAMPLER_MODEL.locate(settings.model_dir.expanduser()) is None:
        pytest.skip(f"{SAMPLER_MODEL.name} is not in {settings.model_dir}")
    with open_rewriter(settings) as rewriter:
        [said] = rewriter.reword([Draft(DRAFT, lambda _: None)])
    assert said.accepted, said
    assert "[100 400 300 600]" in said.text
    assert "[500 600 620 720]" in said.text
    assert said.answer.prompt_tokens > 200
