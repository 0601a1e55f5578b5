"""A run that is killed again and again asks nothing twice, but what was under way."""

import contextlib
import json
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time

from tests.chat_server import ChatServer, answers, question_of

QUESTIONS = [f"question {i}" for i in range(40)]
CONCURRENCY = 4
KILLS = 4

RUN = f"""
import json
import numpy as np
from vpd.geometry import Box
from vpd.tools.openai.section import EndpointSection
from vpd.tools.openai.tools import open_endpoint_tools
from vpd.tools.protocol import Picture, ToolRequest

picture = Picture("p", np.arange(3600, dtype=np.uint8).reshape(30, 40, 3))
tool = open_endpoint_tools(EndpointSection(model="m", concurrency={CONCURRENCY}))["simple_query"]
batch = [ToolRequest(picture, Box(i % 5, 0, 40, 30), (f"question {{i}}",)) for i in range(40)]
print(json.dumps([result.value for result in tool.run(batch)]))
"""


def echo(payload):
    return answers(question_of(payload).split("\n")[0])


def start(server: ChatServer, home) -> "subprocess.Popen[bytes]":
    env = {**os.environ, "VPD_HOME": str(home), "VPD_LLM_URL": server.url}
    return subprocess.Popen([sys.executable, "-c", RUN], env=env, stdout=subprocess.PIPE)


def kill_after(server: ChatServer, process: "subprocess.Popen[bytes]", requests: int) -> None:
    while len(server.payloads) < requests and process.poll() is None:
        time.sleep(0.002)
    time.sleep(random.uniform(0, server.delay))
    process.kill()
    assert process.wait() == -signal.SIGKILL
    while server.at_once:
        time.sleep(0.002)


def kept(home) -> set[str]:
    file = home / "cache" / "answers.sqlite"
    if not file.exists():
        return set()
    with contextlib.closing(sqlite3.connect(file)) as db:
        return {text for (text,) in db.execute("select text from answers")}


def asked(server: ChatServer) -> list[str]:
    return [question_of(payload).split("\n")[0] for payload in server.payloads]


def test_killed_runs_lose_no_answer_and_ask_none_twice(server, tmp_path):
    server.behaviour, server.delay = echo, 0.04
    for _ in range(KILLS):
        before, known = len(server.payloads), kept(tmp_path)
        process = start(server, tmp_path)
        kill_after(server, process, before + random.randint(1, 6))
        process.stdout.close()
        new = asked(server)[before:]
        assert not known & set(new)
        assert len(new) == len(set(new))
        assert len(set(new) - kept(tmp_path)) <= CONCURRENCY  # under way when it was killed
    before, known = len(server.payloads), kept(tmp_path)
    process = start(server, tmp_path)
    output, _ = process.communicate(timeout=60)
    assert json.loads(output) == QUESTIONS
    assert set(asked(server)[before:]) == set(QUESTIONS) - known
    assert len(server.payloads) <= len(QUESTIONS) + KILLS * CONCURRENCY


def test_run_that_is_not_killed_asks_each_question_once(server, tmp_path):
    server.behaviour = echo
    for _ in range(2):
        output, _ = start(server, tmp_path).communicate(timeout=60)
        assert json.loads(output) == QUESTIONS
    assert sorted(asked(server)) == sorted(QUESTIONS)
