"""The demo as a person runs it: a process of its own, stopped in the middle, and started again."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from vpd.records import EXAMPLES, QUESTIONS, TRACES
from vpd.store import ArtifactStore

STAGES = (
    "raw_images",
    "questions",
    "sampled_programs",
    "execution_traces",
    "program_probes",
    "verified_programs",
    "cot_dataset",
    "vlm_checkpoint",
    "evaluation_report",
    "registered_model",
)


class RuleWriter(BaseHTTPRequestHandler):
    """An OpenAI-compatible endpoint that can write programs that count and that look for something."""

    def do_GET(self) -> None:
        self._answer({"data": []})

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = request["messages"][-1]["content"].partition(" [")[0]  # without the kind of answer
        counted = re.fullmatch(r"How many (.*)s are there\?", question)
        sought = re.fullmatch(r"Is there an? (.*)\?", question)
        text = "I do not know."
        if found := counted or sought:
            call = (
                'str(len(image_patch.find("{}")))' if counted else 'bool_to_yesno(image_patch.exists("{}"))'
            )
            body = ["image_patch = ImagePatch(image)", f"return {call.format(found[1])}"]
            text = "\n    ".join(["def execute_command(image):", *body])
        choice = {"finish_reason": "stop", "message": {"content": text}}
        choices = [{**choice, "index": index} for index in range(request["n"])]
        self._answer({"choices": choices, "usage": {"completion_tokens": 20 * request["n"]}})

    def _answer(self, body: object) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def endpoint() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), RuleWriter) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def start(home: Path, endpoint: str) -> subprocess.Popen[str]:
    given = {
        "VPD_HOME": str(home),
        "VPD_LLM_URL": endpoint,
        "VPD_LLM_MODEL": "rules",
        "VPD_TOOLS": "photos",  # meant for other pictures: the demo must not take it
        "PYTHONUNBUFFERED": "1",
    }
    size = ["--images", "40", "--shards", "2", "--steps", "3"]
    return subprocess.Popen(
        [sys.executable, "-m", "jobs.demo", *size],
        env={**os.environ, **given},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def run(home: Path, endpoint: str) -> dict[str, str]:
    """Run the demo to its end; returns the line of every stage."""
    out, _ = start(home, endpoint).communicate()
    assert "Done in" in out, out
    lines = [line.removeprefix("✓ ") for line in out.splitlines() if line.startswith("✓ ")]
    return {line.split()[0]: line for line in lines}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_demo_killed_and_run_again_ends_and_then_finds_nothing_to_do(tmp_path, endpoint):
    with start(tmp_path, endpoint) as first:
        assert first.stdout is not None
        for line in first.stdout:
            if line.startswith("✓ questions"):
                break
        first.send_signal(signal.SIGKILL)
    second = run(tmp_path, endpoint)
    assert tuple(second) == STAGES
    assert {name for name, line in second.items() if "already done" in line} == {"raw_images", "questions"}
    third = run(tmp_path, endpoint)
    assert all("already done" in line for line in third.values())
    store = ArtifactStore.open(str(tmp_path / "store"))
    assert len(store.shards(QUESTIONS)) == len(store.shards(EXAMPLES)) == 2
    traces = store.read_shard(TRACES, store.shards(TRACES)[0])
    assert set(traces["tools_version"].str.split("[").list.first()) == {"scenes"}
    assert len(store.documents("models/")) == 1
    assert len(store.documents("runs/")) == 2


def test_demo_without_an_endpoint_says_what_to_do_and_fails(tmp_path):
    process = start(tmp_path, "http://127.0.0.1:9/v1")
    out, _ = process.communicate()
    assert process.returncode == 1
    assert "VPD_LLM_URL" in out
    assert "Traceback" not in out
