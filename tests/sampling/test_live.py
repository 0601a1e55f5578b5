"""Programs by the real embedded model, in every style that a writer may have."""

import pytest

from vpd.chat.client import HttpChatEndpoint
from vpd.chat.embedded import SAMPLER_MODEL, EmbeddedServer, find_model
from vpd.execution.program import Program, canonical
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig, Writer, build_request
from vpd.settings import load_settings

STYLES = {
    "chat": Writer(candidates=2),
    "raw": Writer(candidates=2, style="raw"),
    "grammar": Writer(candidates=2, grammar="grammar"),
}


@pytest.fixture(scope="module")
def endpoint():
    folder = load_settings().model_dir.expanduser()
    if SAMPLER_MODEL.locate(folder) is None:
        pytest.skip(f"{SAMPLER_MODEL.name} is not in {folder}")
    server = EmbeddedServer(find_model(SAMPLER_MODEL, folder), slots=2, threads=2)
    endpoint = HttpChatEndpoint(server.url)
    yield endpoint
    endpoint.close()


@pytest.mark.live
@pytest.mark.parametrize("style", STYLES)
def test_embedded_model_writes_programs_that_look_and_says_what_they_took(endpoint, style):
    writer = STYLES[style]
    config = SamplingConfig(writers=(writer,), examples=2, max_tokens=96)
    answers = endpoint.complete(build_request(config, writer, Asked("How many red cubes are there?")), [0, 1])
    programs = [canonical(answer.text or "") for answer in answers]
    assert all(isinstance(program, Program) and "find(" in program.source for program in programs)
    assert all(answer.logprob is not None and answer.logprob <= 0 for answer in answers)
    assert all(answer.tokens > 10 for answer in answers)
    assert answers[0].prompt_tokens > 300
    assert answers[1].prompt_tokens == 0
