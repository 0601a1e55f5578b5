"""`vpd batch` against a local Batch API, and `vpd sample` with what came by it."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.batch_server import BatchServer
from tests.chat_server import ChatServer, question_of
from tests.sampling.written import BAD, refuses, write_source, writes
from vpd.chat.answers import Answer, AnswerCache
from vpd.cli import app
from vpd.errors import ConfigError, DataError, SpendingCeilingError
from vpd.records import PROGRAMS, REPLACED
from vpd.store import ArtifactStore

KEY = "planted-key-123"
PRICED = """
ceiling = {ceiling}
[[writers]]
model = "m"
candidates = 5
endpoint = {{ url = "{url}", price = {{ input = 1.0, output = 1.0 }} }}
"""


@pytest.fixture
def server() -> Iterator[BatchServer]:
    batches = BatchServer()
    batches.behaviour = writes
    yield batches
    batches.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: BatchServer) -> Path:
    for name, value in (("HOME", str(tmp_path)), ("LLM_URL", server.url), ("LLM_MODEL", "m")):
        monkeypatch.setenv(f"VPD_{name}", value)
    monkeypatch.setenv("VPD_LLM_API_KEY", KEY)
    write_source(tmp_path)
    return tmp_path


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "batches"


def vpd(*arguments: object) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def lines(folder: Path) -> list[dict]:
    return [json.loads(line) for file in folder.glob("*.jsonl") for line in file.read_text().splitlines()]


def test_batch_by_rounds_leaves_nothing_for_sample_to_ask(home, folder, server, monkeypatch):
    vpd("batch", "write", "mine", folder)
    assert [line["body"]["n"] for line in lines(folder)] == [5] * 4
    vpd("batch", "submit", folder)
    vpd("batch", "ingest", folder)
    vpd("batch", "write", "mine", folder)
    repairs = [line["body"] for line in lines(folder)]
    assert [body["n"] for body in repairs] == [4] * 4
    assert all(body["messages"][-2]["content"] == BAD for body in repairs)
    vpd("batch", "submit", folder)
    vpd("batch", "ingest", folder)
    vpd("batch", "write", "mine", folder)
    assert lines(folder) == []
    chat = ChatServer()
    chat.behaviour = refuses
    monkeypatch.setenv("VPD_LLM_URL", chat.url)
    vpd("sample", "mine")
    chat.close()
    assert not chat.payloads
    store = ArtifactStore.open(str(home / "store"))
    for shard in store.shards(PROGRAMS):
        assert store.manifest(PROGRAMS, shard).stats["clean"] == 15
        assert set(store.read_shard(REPLACED, shard)["round"]) == {"first"}
    assert len(server.batches) == 2
    assert KEY not in "".join(path.read_text() for path in folder.iterdir())


def test_batch_write_while_a_batch_is_under_way_writes_nothing_twice(folder, server):
    server.ends = "in_progress"
    vpd("batch", "write", "mine", folder)
    vpd("batch", "submit", folder)
    before = lines(folder)
    vpd("batch", "write", "mine", folder)
    assert lines(folder) == before
    vpd("batch", "submit", folder)
    vpd("batch", "ingest", folder)
    assert lines(folder) == before
    assert len(server.batches) == 1


def test_batch_write_again_replaces_what_was_not_sent(folder, monkeypatch):
    vpd("batch", "write", "mine", folder)
    monkeypatch.setenv("VPD_LLM_MODEL", "other")
    vpd("batch", "write", "mine", folder)
    assert [line["body"]["model"] for line in lines(folder)] == ["other"] * 4


def test_batch_expired_is_written_again_as_far_as_it_is_missing(folder, server):
    server.ends, server.ready = "expired", 3
    vpd("batch", "write", "mine", folder)
    first = lines(folder)
    vpd("batch", "submit", folder)
    vpd("batch", "ingest", folder)
    vpd("batch", "write", "mine", folder)
    again = [line for line in lines(folder) if question_of(line["body"]).startswith("How many")]
    assert again == first[3:]


def test_batch_failed_says_why_and_costs_no_request(folder, server):
    server.ends = "failed"
    vpd("batch", "write", "mine", folder)
    first = lines(folder)
    vpd("batch", "submit", folder)
    assert "invalid_json_line" in vpd("batch", "ingest", folder)
    vpd("batch", "write", "mine", folder)
    assert lines(folder) == first
    server.ends = "completed"
    vpd("batch", "submit", folder)
    assert "20 answers" in vpd("batch", "ingest", folder)


def test_batch_status_shows_each_file(folder, server):
    vpd("batch", "write", "mine", folder)
    assert "not sent" in vpd("batch", "status", folder)
    server.ends = "in_progress"
    vpd("batch", "submit", folder)
    assert "in_progress" in vpd("batch", "status", folder)


def test_batch_of_a_model_without_an_address_is_refused(folder, monkeypatch):
    monkeypatch.delenv("VPD_LLM_URL")
    with pytest.raises(ConfigError, match="VPD_LLM_URL"):
        vpd("batch", "write", "mine", folder)


def test_batch_of_another_model_than_the_plans_is_not_sent(folder, server, monkeypatch):
    vpd("batch", "write", "mine", folder)
    monkeypatch.setenv("VPD_LLM_MODEL", "other")
    with pytest.raises(ConfigError, match="m, which"):
        vpd("batch", "submit", folder)
    assert not server.batches


@pytest.mark.parametrize("command", ["submit", "status", "ingest"])
def test_batch_folder_without_files_is_an_error(command, folder):
    with pytest.raises(ConfigError, match="vpd batch write"):
        vpd("batch", command, folder)


def test_batch_folder_with_a_damaged_file_says_which(folder):
    folder.mkdir()
    (folder / "requests-1.jsonl").write_text("{half")
    with pytest.raises(DataError, match="requests-1"):
        vpd("batch", "submit", folder)


@pytest.mark.parametrize(("ceiling", "written"), [(0.001, 0), (1.0, 4)])
def test_batch_that_might_cost_more_than_the_ceiling_is_not_written(
    home, folder, server, monkeypatch, ceiling, written
):
    plan = home / "plan.toml"
    plan.write_text(" ".join(PRICED.format(ceiling=ceiling, url=server.url).splitlines(keepends=True)))
    monkeypatch.setenv("VPD_LLM_FILE", str(plan))
    if written:
        vpd("batch", "write", "mine", folder)
    else:
        with pytest.raises(SpendingCeilingError, match="ceiling"):
            vpd("batch", "write", "mine", folder)
    assert len(lines(folder)) == written


def test_batch_key_of_its_own_variable_is_needed_and_sent(home, folder, server, monkeypatch):
    plan = home / "plan.toml"
    plan.write_text(
        f'[[writers]]\nmodel = "m"\nendpoint = {{ url = "{server.url}", api_key_env = "MY_KEY" }}\n'
    )
    monkeypatch.setenv("VPD_LLM_FILE", str(plan))
    vpd("batch", "write", "mine", folder)
    with pytest.raises(ConfigError, match="MY_KEY"):
        vpd("batch", "submit", folder)
    monkeypatch.setenv("MY_KEY", "its-own-key")
    vpd("batch", "submit", folder)
    assert {headers.get("Authorization") for headers in server.headers_seen} == {"Bearer its-own-key"}


def test_batch_write_leaves_out_what_is_under_way_though_the_rest_changed(home, folder, server):
    server.ends = "in_progress"
    vpd("batch", "write", "mine", folder)
    vpd("batch", "submit", folder)
    before = lines(folder)
    key = before[0]["custom_id"].partition(":")[0]
    with closing(AnswerCache(home / "cache" / "answers.sqlite")) as cache:
        cache.put([Answer(key, 0, BAD, None, None, "stop", None, 1, 0, 0, "live")])
    assert "nothing" in vpd("batch", "write", "mine", folder)
    assert lines(folder) == before


def test_batch_write_leaves_the_embedded_model_to_sample(home, folder, server, monkeypatch):
    plan = home / "plan.toml"
    plan.write_text(
        f'[[writers]]\nmodel = "m"\nendpoint = {{ url = "{server.url}" }}\n[[writers]]\ncandidates = 1\n'
    )
    monkeypatch.setenv("VPD_LLM_FILE", str(plan))
    vpd("batch", "write", "mine", folder)
    assert [line["body"]["model"] for line in lines(folder)] == ["m"] * 4
