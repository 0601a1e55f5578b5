import pytest

from vpd.chat.client import HttpChatEndpoint
from vpd.chat.embedded import SAMPLER_MODEL, EmbeddedServer, find_model
from vpd.errors import ModelFileError
from vpd.sampling.request import SamplingConfig, build_request
from vpd.settings import load_settings


def test_sampler_model_missing_and_hub_offline_says_what_else_can_be_done(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelFileError, match="VPD_MODEL_DIR") as raised:
        find_model(SAMPLER_MODEL, tmp_path)
    assert "VPD_LLM_URL" in str(raised.value)


@pytest.mark.live
def test_embedded_server_writes_two_programs_for_one_prompt():
    folder = load_settings().model_dir.expanduser()
    if SAMPLER_MODEL.locate(folder) is None:
        pytest.skip(f"{SAMPLER_MODEL.name} is not in {folder}")
    server = EmbeddedServer(find_model(SAMPLER_MODEL, folder), slots=2, threads=2)
    endpoint = HttpChatEndpoint(server.url)
    answers = endpoint.complete(build_request(SamplingConfig(), "How many dogs are there?"), [0, 1])
    endpoint.close()
    assert all("def execute_command" in (a.text or "") for a in answers)
    assert all(a.logprob is not None and a.logprob <= 0 for a in answers)
