"""A key that an endpoint was asked with is in no file, row, manifest or error."""

import logging

import pytest

from tests.chat_server import answers
from vpd.errors import EndpointError
from vpd.records import PROGRAMS, QUESTIONS, REPLACED, Question
from vpd.sampling.plan import load_plan
from vpd.sampling.sampler import open_sampler
from vpd.sampling.stage import sample_programs
from vpd.settings import load_settings
from vpd.store import ArtifactStore

KEY = "planted-key-3fe1"
SHARD = "a-000"


def echoes(status):
    """Answer with what the client sent as its key, as some servers do."""
    return lambda payload: (status, {}, f"no such key: Bearer {KEY}".encode())


def good(payload):
    return answers(*["def execute_command(image):\n    return ImagePatch(image).nonsense()"] * payload["n"])


@pytest.fixture
def store(tmp_path):
    store = ArtifactStore.open(str(tmp_path / "home" / "store"))
    rows = [
        Question(f"q{i}", "image", f"How many {s}s are there?", ("1",), (), "count", "train", False, "a")
        for i, s in enumerate(("cube", "cone", "sphere"))
    ]
    store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(rows), "f")
    return store


@pytest.fixture(params=["environment", "file"])
def settings(request, server, tmp_path, monkeypatch):
    """Settings and plan that hold the key in both ways."""
    given = {"VPD_HOME": str(tmp_path / "home")}
    if request.param == "environment":
        return load_settings(
            given | {"VPD_LLM_API_KEY": KEY, "VPD_LLM_URL": server.url, "VPD_LLM_MODEL": "m"}
        )
    file = tmp_path / "models.toml"
    where = f'endpoint = {{ url = "{server.url}", api_key_env = "PLANTED", attempts = 1 }}'
    file.write_text(f'[[writers]]\nmodel = "m"\n{where}\n')
    monkeypatch.setenv("PLANTED", KEY)
    return load_settings(given | {"VPD_LLM_FILE": str(file)})


@pytest.mark.parametrize("status", [200, 400, 401, 403, 500])
def test_key_is_sent_and_nowhere_else(server, store, settings, tmp_path, status, caplog, monkeypatch):
    monkeypatch.setattr("vpd.chat.client.time.sleep", lambda seconds: None)
    server.script = [good]
    server.behaviour = good if status == 200 else echoes(status)
    caplog.set_level(logging.DEBUG)
    said = ""
    with open_sampler(settings) as sampler:
        try:
            said = str(sample_programs(store, SHARD, sampler).manifest)
        except EndpointError as error:
            said = repr(error) + repr(error.__cause__) + repr(error.__context__)
        said += repr(sampler.plan) + repr(sampler.config) + sampler.identity() + repr(sampler.tally)
    assert {headers["Authorization"] for headers in server.headers_seen} == {f"Bearer {KEY}"}
    assert KEY not in said
    assert KEY not in caplog.text
    files = [file for file in (tmp_path / "home").rglob("*") if file.is_file()]
    assert any(file.name == "answers.sqlite" for file in files)
    assert [file for file in files if KEY.encode() in file.read_bytes()] == []
    for table in (PROGRAMS, REPLACED):
        if store.find_manifest(table, SHARD):
            assert KEY not in repr(store.read_shard(table, SHARD).to_dicts())


def test_plan_does_not_hold_the_key(settings):
    assert KEY not in repr(load_plan(settings))
    assert KEY not in repr(settings)
