"""`vpd sample` on a small source, against a local endpoint."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.chat_server import ChatServer, question_of
from tests.sampling.written import first_round, refuses, write_source, writes
from vpd.chat.embedded import MODEL_NAME
from vpd.cli import app
from vpd.errors import EndpointError
from vpd.records import PROGRAMS, REPLACED
from vpd.sampling.record import load_record
from vpd.store import ArtifactStore

PLAN = """
ceiling = 3.5
[sampling]
resample = 2
[[writers]]
model = "m"
candidates = 5
endpoint = {{ url = "{url}", requests_per_minute = 20, price = {{ input = 2.0, output = 4.0 }} }}
"""


@pytest.fixture
def server() -> Iterator[ChatServer]:
    chat = ChatServer()
    chat.behaviour = writes
    yield chat
    chat.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, server: ChatServer) -> Path:
    monkeypatch.setenv("COLUMNS", "200")
    for name, value in (("HOME", str(tmp_path)), ("LLM_URL", server.url), ("LLM_MODEL", "m")):
        monkeypatch.setenv(f"VPD_{name}", value)
    write_source(tmp_path)
    return tmp_path


@pytest.fixture
def priced(home: Path, server: ChatServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    (home / "plan.toml").write_text(PLAN.format(url=server.url))
    monkeypatch.setenv("VPD_LLM_FILE", str(home / "plan.toml"))
    return home


def vpd(*arguments: object) -> str:
    result = CliRunner().invoke(app, list(map(str, arguments)), catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def row(output: str, name: str) -> list[str]:
    """The cells of the line of a table that begins so."""
    [line] = [line for line in output.splitlines() if "│" in line and name in line.split("│")[1]]
    return [cell.strip() for cell in line.strip("│").split("│")]


def test_sample_shows_each_shard_and_the_run(home, server):
    shown = vpd("sample", "mine")
    assert row(shown, "mine-000") == ["mine-000", "3", "15", "15", "15", "12", "3", "54", "-"]
    live = sum(payload["n"] for payload in server.payloads)
    assert live == 4 * (5 + 4)
    assert f"{live} answers live in 8 requests" in shown
    assert "0 from the cache" in shown
    assert "$" not in shown


def test_sample_again_asks_nothing(home, server):
    vpd("sample", "mine")
    asked = len(server.payloads)
    server.behaviour = refuses
    assert "0 answers live" in vpd("sample", "mine")
    assert len(server.payloads) == asked


def test_sample_with_a_price_shows_what_it_cost(priced):
    shown = vpd("sample", "mine")
    store = ArtifactStore.open(str(priced / "store"))
    cost = store.manifest(PROGRAMS, "mine-000").stats["cost"]
    assert cost > 0
    assert row(shown, "mine-000")[-1] == f"${cost:.4f}"


def test_sample_dry_run_asks_nothing_and_says_what_a_run_then_asks(priced, server):
    shown = vpd("sample", "mine", "--dry-run")
    assert not server.payloads
    assert not ArtifactStore.open(str(priced / "store")).shards(PROGRAMS)
    vpd("sample", "mine")
    asked = first_round(server.payloads)
    first = [payload for payload in asked if payload["temperature"] == 0.5]
    assert row(shown, "in requests")[1] == str(len(first)) == "4"
    assert row(shown, "answers to ask")[1] == str(sum(payload["n"] for payload in first))
    assert row(shown, "minutes")[1] == "0.2"
    assert all(said in shown for said in ("a guess", "repair", "2 more answers", "$3.50"))
    again = vpd("sample", "mine", "--dry-run")
    assert row(again, "answers to ask")[1] == "0"
    assert "mean of kept answers" in again


def test_sample_record_has_every_round_and_feeds_a_run_elsewhere(home, server, tmp_path, monkeypatch):
    file = tmp_path / "record.jsonl.zst"
    vpd("sample", "mine", "--record", file)
    record = load_record(file)
    assert len(record.answers) == 36
    assert record.made_by["parameters"]["writers"][0]["model"] == "m"
    assert "model_file" not in record.made_by
    programs = [
        ArtifactStore.open(str(home / "store")).read_shard(t, "mine-000") for t in (PROGRAMS, REPLACED)
    ]
    server.behaviour = refuses
    elsewhere = tmp_path / "elsewhere"
    monkeypatch.setenv("VPD_HOME", str(elsewhere))
    write_source(elsewhere)
    for module in ("sampler", "offline"):
        monkeypatch.setattr(f"vpd.sampling.{module}.DEMO_RECORD", file)
    asked = len(server.payloads)
    assert row(vpd("sample", "mine", "--dry-run"), "answers kept")[1] == "20"
    assert "36 from the record" in vpd("sample", "mine")
    assert len(server.payloads) == asked
    store = ArtifactStore.open(str(elsewhere / "store"))
    for table, frame in zip((PROGRAMS, REPLACED), programs, strict=True):
        assert (
            store.read_shard(table, "mine-000")
            .drop("origin", "logprob")
            .equals(frame.drop("origin", "logprob"))
        )


def test_sample_that_cannot_go_on_keeps_what_was_answered(home, server):
    server.script = [writes]
    server.behaviour = refuses
    with pytest.raises(EndpointError, match="refuses every request"):
        vpd("sample", "mine")
    server.payloads.clear()
    server.behaviour = writes
    vpd("sample", "mine")
    asked = [question_of(payload) for payload in first_round(server.payloads)]
    assert len(asked) == len(set(asked)) == 3


def test_sample_record_of_the_embedded_model_names_its_file(home, server, tmp_path, monkeypatch):
    monkeypatch.delenv("VPD_LLM_MODEL")
    file = tmp_path / "record.jsonl.zst"
    vpd("sample", "mine", "--record", file)
    assert load_record(file).made_by["model_file"].removesuffix(".gguf") == MODEL_NAME
