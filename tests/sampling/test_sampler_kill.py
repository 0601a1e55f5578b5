"""A run that is killed at any moment goes on: every answer is there once, and none is paid for again."""

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

import pytest

from tests.chat_server import answers, question_of
from vpd.chat.request import Request

QUESTIONS, CANDIDATES, CONCURRENCY, KILLS = 36, 3, 4, 4

# One process imports everything; a run is a fork of it, which is killed.
RUNS = """
import os, sys
from vpd.sampling.prompt import Asked
from vpd.sampling.sampler import open_sampler
from vpd.settings import load_settings

questions = [Asked(f"How many cubes are on shelf {i}?") for i in range(int(sys.argv[1]))]

def run():
    with open_sampler(load_settings()) as sampler:
        standing = [d for _, drafts in sampler.sample(questions) for d in drafts if d.stands]
    os._exit(0 if all(d.clean for d in standing) else 1)

for line in sys.stdin:
    process = os.fork()
    if not process:
        run()
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


@pytest.fixture
def runs(server, tmp_path):
    models = tmp_path / "models.toml"
    where = f'endpoint = {{ url = "{server.url}", concurrency = {CONCURRENCY} }}'
    models.write_text(f'[[writers]]\nmodel = "m"\ncandidates = {CANDIDATES}\n{where}\n')
    environment = {**os.environ, "VPD_HOME": str(tmp_path / "home"), "VPD_LLM_FILE": str(models)}
    command = [sys.executable, "-c", RUNS, str(QUESTIONS)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        yield process
        process.stdin.close()


def writes(payload):
    """One candidate is wrong at first; each takes a moment."""
    time.sleep(0.01)
    good = 'def execute_command(image):\n    return str(len(ImagePatch(image).find("cube")) + {})'
    told = question_of(payload).startswith("That program is wrong")
    texts = (
        [good.format(9)] if told else ["return nonsense", *(good.format(i) for i in range(1, payload["n"]))]
    )
    return answers(*texts)


def kept(home):
    """The final answers by key and sample."""
    path = home / "cache" / "answers.sqlite"
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
        rows = db.execute("select key, sample, text from answers where problem_class is null")
        return {(key, sample): text for key, sample, text in rows}


def key_of(payload):
    return Request.of("", {name: value for name, value in payload.items() if name != "n"}).key


def start(runs):
    runs.stdin.write("\n")
    runs.stdin.flush()
    return int(runs.stdout.readline())


def test_killed_sampling_goes_on_with_every_answer_once(server, runs, tmp_path):
    server.behaviour, moments, home = writes, random.Random(3), tmp_path / "home"
    before: dict[tuple[str, int], str] = {}
    for _ in range(KILLS):
        asked = len(server.payloads)
        process = start(runs)
        wanted = asked + moments.randint(1, 8)
        while len(server.payloads) < wanted:
            os.kill(process, 0)  # it is alive
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))
        os.kill(process, signal.SIGKILL)
        assert int(runs.stdout.readline()) == -signal.SIGKILL
        now = kept(home)
        assert before.items() <= now.items()
        assert {key_of(p) for p in server.payloads[asked:]}.isdisjoint(key for key, _ in before)
        before = now
    assert 0 < len(before) < QUESTIONS * CANDIDATES
    start(runs)
    assert int(runs.stdout.readline()) == 0
    found = kept(home)
    assert before.items() <= found.items()
    assert len(found) == QUESTIONS * (CANDIDATES + 1)
    assert {(key_of(p), s) for p in server.payloads for s in range(p["n"])} == set(found)
    assert len(server.payloads) <= 2 * QUESTIONS + KILLS * CONCURRENCY
