"""The Batch API's client against a local server: results come home, and no file is paid for twice."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.batch_server import LOST, BatchServer
from tests.chat_server import answers, fails, question_of
from vpd.chat.answers import AnswerCache
from vpd.chat.batch import write_batch
from vpd.chat.batch_client import BatchClient
from vpd.chat.batch_results import IngestReport, ingest_batch
from vpd.chat.request import Request
from vpd.errors import DataError, EndpointError, StoreError

REQUESTS = [
    Request.of(question, {"model": "m", "messages": [{"role": "user", "content": question}]})
    for question in (f"Is there a {animal}?" for animal in ("dog", "cat", "cow", "bee"))
]
KEY = "planted-key-123"


@pytest.fixture
def server() -> Iterator[BatchServer]:
    batches = BatchServer()
    yield batches
    batches.close()


@pytest.fixture
def client(server) -> Iterator[BatchClient]:
    opened = BatchClient(server.url, KEY, pause=0.0)
    yield opened
    opened.close()


@pytest.fixture
def cache(tmp_path) -> Iterator[AnswerCache]:
    opened = AnswerCache(tmp_path / "answers.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path):
    [path] = write_batch([(request, [0, 1]) for request in REQUESTS], tmp_path)
    return path


def texts(cache: AnswerCache, request: Request) -> list[str | None]:
    return [answer.text for _, answer in sorted(cache.get(request.key).items())]


def test_batch_client_two_files_come_home_as_answers(server, client, cache, tmp_path):
    files = write_batch([(request, [0, 1]) for request in REQUESTS], tmp_path, most_requests=2)
    ids = [client.submit(path) for path in files]
    assert len(set(ids)) == 2
    assert all(client.poll(batch).ended for batch in ids)
    reports = [ingest_batch(client.results(batch), cache) for batch in ids]
    assert reports == [IngestReport(4, 0, 0)] * 2
    for request in REQUESTS:
        assert len(set(texts(cache, request))) == 2
        assert all(request.question in str(text) for text in texts(cache, request))


def test_batch_client_half_failed_keeps_the_other_half(server, client, cache, file):
    failures = {"cat": fails(400, b'{"error": "no"}'), "cow": fails(503)}

    def behaviour(payload):
        animal = question_of(payload).split()[-1].strip("?")
        return failures.get(animal, lambda _: answers("x", "y"))(payload)

    server.behaviour = behaviour
    assert ingest_batch(client.results(client.submit(file)), cache) == IngestReport(4, 4, 0)
    assert [texts(cache, r) for r in REQUESTS] == [["x", "y"], [None, None], [], ["x", "y"]]


def test_batch_client_expired_batch_gives_what_was_ready(server, client, cache, file):
    server.ends, server.ready = "expired", 1
    batch = client.submit(file)
    assert ingest_batch(client.results(batch), cache) == IngestReport(2, 6, 0)
    assert [len(texts(cache, r)) for r in REQUESTS] == [2, 0, 0, 0]
    assert client.submit(file) == batch


@pytest.mark.parametrize(("ends", "ready"), [("expired", 0), ("failed", 0), ("completed", 0)])
def test_batch_client_file_whose_batch_ended_in_vain_is_sent_again(server, client, file, ends, ready):
    server.ends, server.ready = ends, ready
    first = client.submit(file)
    assert client.poll(first).in_vain
    server.ends, server.ready = "completed", 9
    second = client.submit(file)
    assert second != first
    assert client.submit(file) == second


def test_batch_client_file_that_was_sent_is_not_sent_again(server, client, file):
    assert client.submit(file) == client.submit(file)
    assert len(server.batches) == 1


@pytest.mark.parametrize("keeps_metadata", [True, False])
def test_batch_client_killed_before_it_noted_its_batch_pays_once(server, client, file, keeps_metadata):
    server.keeps_metadata = keeps_metadata
    script = (
        "import sys; from pathlib import Path; from vpd.chat.batch_client import BatchClient\n"
        "BatchClient(sys.argv[1], pause=0).submit(Path(sys.argv[2]))"
    )
    child = subprocess.Popen([sys.executable, "-c", script, server.url, str(file)])
    server.on_create = child.kill
    assert child.wait() < 0
    server.on_create = lambda: None
    assert client.submit(file) in server.batches
    assert len(server.batches) == 1


def test_batch_client_answer_to_a_made_batch_lost_on_the_way_pays_once(server, client, file):
    server.script = {"POST /batches": [LOST, LOST]}
    assert client.submit(file) in server.batches
    assert len(server.batches) == 1


def test_batch_client_lost_notes_are_made_up_from_the_endpoints_list(server, client, tmp_path):
    server.most_listed = 1
    files = write_batch([(request, [0]) for request in REQUESTS], tmp_path, most_requests=1)
    ids = [client.submit(path) for path in files]
    (tmp_path / "batches.json").unlink()
    assert [client.submit(path) for path in files] == ids
    assert len(server.batches) == len(files)


def test_batch_client_damaged_notes_say_what_to_do(client, file):
    for text in ("{half", "[]", '{"a": {"b": 1}}'):
        (file.parent / "batches.json").write_text(text)
        with pytest.raises(StoreError, match="delete it"):
            client.submit(file)


@pytest.mark.parametrize("status", [408, 429, 500, 503, LOST])
@pytest.mark.parametrize(
    "place", ["POST /files", "GET /batches", "POST /batches", "GET /batches/ID", "GET /files/ID/content"]
)
def test_batch_client_passing_failure_is_gone_at_the_next_attempt(server, client, cache, file, place, status):
    server.script = {place: [status, status]}
    assert ingest_batch(client.results(client.submit(file)), cache) == IngestReport(8, 0, 0)
    assert len(server.script[place]) < 2
    assert len(server.batches) == 1


@pytest.mark.parametrize("statuses", [[503] * 10, [401]])
def test_batch_client_lasting_failure_is_an_error_without_the_key(server, client, file, statuses):
    server.script = {"POST /files": list(statuses)}
    with pytest.raises(EndpointError) as error:
        client.submit(file)
    assert KEY not in str(error.value)
    assert str(statuses[0]) in str(error.value)
    assert {headers.get("Authorization") for headers in server.headers_seen} == {f"Bearer {KEY}"}
    assert KEY not in "".join(p.read_text() for p in file.parent.glob("*.json*"))


def test_batch_client_running_batch_has_no_results_yet(server, client, file):
    server.ends = "in_progress"
    batch = client.submit(file)
    with pytest.raises(EndpointError, match="in_progress"):
        client.results(batch)


def test_batch_client_refused_file_says_why(server, client, file):
    server.ends = "failed"
    batch = client.submit(file)
    with pytest.raises(EndpointError, match="invalid_json_line"):
        client.results(batch)


def test_batch_client_unknown_batch_is_an_error(client):
    with pytest.raises(EndpointError, match="404"):
        client.poll("batch-9")


@pytest.mark.parametrize("text", ["", "{}\n", "no json\n", "[]\n"])
def test_batch_client_other_file_is_refused_before_it_is_sent(server, client, tmp_path, text):
    (tmp_path / "other.jsonl").write_text(text)
    with pytest.raises(DataError):
        client.submit(tmp_path / "other.jsonl")
    assert not server.asked


def test_batch_client_nobody_there_says_what_to_do(file):
    client = BatchClient("http://127.0.0.1:9/v1", pause=0.0)
    with pytest.raises(EndpointError, match="run again"):
        client.submit(file)
    client.close()
