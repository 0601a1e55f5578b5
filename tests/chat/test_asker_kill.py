"""A run that is killed again and again at a misbehaving endpoint loses nothing and pays nothing twice."""

import contextlib
import itertools
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass

import pytest

from tests.chat_server import ChatServer, answers, chat_request, question_of

REQUESTS, SAMPLES, CONCURRENCY, KILLS = 60, 3, 4, 25
MOST_BAD = 3  # in a row for one question, so that no request fails at all five attempts

# One process imports everything; a run is a fork of it, which is killed.
RUNS = f"""
import os, pathlib, sys
from vpd.chat.answers import AnswerCache
from vpd.chat.asker import Asker
from vpd.chat.client import HttpChatEndpoint
from vpd.chat.request import Request

def request(question):
    messages = [{{"role": "user", "content": question}}]
    return Request.of(question, {{"model": "m", "messages": messages, "max_tokens": 10}})

def run(life):
    endpoint = HttpChatEndpoint(sys.argv[1], f"life {{life}}", pause=0.01)
    asker = Asker(endpoint, AnswerCache(pathlib.Path(sys.argv[2])), {CONCURRENCY})
    futures = [asker.start(request(f"question {{i}}"), range({SAMPLES})) for i in range({REQUESTS})]
    final = all(answer.final for future in futures for answer in future.result())
    os._exit(0 if final else 1)

for line in sys.stdin:
    process = os.fork()
    if not process:
        run(line.strip())
    print(process, flush=True)
    print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)
"""


@dataclass
class Asked:
    """What the endpoint was asked in one request, and how many choices it gave."""

    life: int
    question: str
    samples: int
    given: int


class Trouble:
    """Misbehaves in every way that passes, seeded."""

    def __init__(self, server: ChatServer) -> None:
        self._server, self._random = server, random.Random(5)
        self._given: dict[int, int] = {}
        self._bad: defaultdict[str, int] = defaultdict(int)
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        server.behaviour, server.delay = self._behave, 0.01

    def asked(self) -> list[Asked]:
        """What was asked, by the key that each life sends."""
        with self._server._lock:
            pairs = list(zip(self._server.payloads, self._server.headers_seen, strict=True))
        lives = [int(headers["Authorization"].split()[-1]) for _, headers in pairs]
        return [
            Asked(life, question_of(payload), payload["n"], self._given.get(id(payload), 0))
            for life, (payload, _) in zip(lives, pairs, strict=True)
        ]

    def _behave(self, payload):
        with self._lock:
            way, slow = self._random.choice([*["good"] * 6, "half", *BAD]), self._random.random() < 0.1
            question = question_of(payload)
            if way in BAD and self._bad[question] < MOST_BAD:
                self._bad[question] += 1
                return BAD[way]
            self._bad[question] = 0
            given = max(1, payload["n"] - 1) if way == "half" else payload["n"]
            self._given[id(payload)] = given
            texts = [f"answer {next(self._numbers)}" for _ in range(given)]
        time.sleep(0.05 if slow else 0)
        return answers(*texts)


BAD = {
    "busy": (429, {"retry-after": "0.02"}, b"slow down"),
    "broken": (500, {}, b"oh"),
    "dropped": (0, {}, b""),
    "nonsense": (200, {}, b"{not json"),
    "empty": (200, {}, b'{"choices": []}'),
}


@pytest.fixture
def runs(server, tmp_path):
    command = [sys.executable, "-c", RUNS, server.url, str(tmp_path / "answers.sqlite")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield process
        process.stdin.close()


def kept(path):
    """The texts of final answers by key and sample."""
    if not path.exists():
        return {}
    with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
        rows = db.execute("select key, sample, text from answers where problem_class is null")
        return {(key, sample): text for key, sample, text in rows}


def start(runs, life):
    runs.stdin.write(f"{life}\n")
    runs.stdin.flush()
    return int(runs.stdout.readline())


def test_killed_runs_lose_no_answer_and_pay_none_twice(server, runs, tmp_path):
    trouble, path, moments = Trouble(server), tmp_path / "answers.sqlite", random.Random(11)
    snapshots = []
    for life in range(KILLS):
        before = len(server.payloads)
        process = start(runs, life)
        wanted = moments.randint(1, 5)
        while len(server.payloads) - before < wanted:
            time.sleep(0.001)
        time.sleep(moments.uniform(0, 0.03))
        os.kill(process, signal.SIGKILL)
        assert int(runs.stdout.readline()) == -signal.SIGKILL
        snapshots.append(kept(path))
    start(runs, KILLS)
    assert int(runs.stdout.readline()) == 0
    found = kept(path)
    assert len(found) == REQUESTS * SAMPLES
    assert {sample for _, sample in found} == set(range(SAMPLES))
    assert len(set(found.values())) == len(found)
    assert all(snapshot.items() <= found.items() for snapshot in snapshots)
    check_asked(trouble.asked(), [{}, *snapshots])


def check_asked(asked: list[Asked], kept_before: list[dict[tuple[str, int], str]]) -> None:
    """Only what was under way at a kill, or failed by itself, was asked again."""
    missing: dict[str, tuple[int, int]] = {}  # of each question, in which life
    lost: Counter[int] = Counter()
    for one in asked:
        assert (chat_request(one.question).key, 0) not in kept_before[one.life]
        life, number = missing.get(one.question, (one.life, SAMPLES))
        if life != one.life:
            lost[life] += 1
            number = SAMPLES
        assert one.samples == number > 0
        missing[one.question] = one.life, number - one.given
    assert max(lost.values()) <= CONCURRENCY
    assert [number for _, number in missing.values()] == [0] * REQUESTS
