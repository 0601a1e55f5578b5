import contextlib
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from vpd.chat.answers import Answer, AnswerCache
from vpd.errors import StoreError


def answer(sample=0, text="code", problem_class=None, key="k"):
    problem = None if problem_class is None else "failed"
    return Answer(key, sample, text, problem, problem_class, "stop", -0.25, 12, 30, 10, "live")


@pytest.fixture
def cache(tmp_path):
    opened = AnswerCache(tmp_path / "deep" / "answers.sqlite")
    yield opened
    opened.close()


def test_answers_put_get_returns_the_same(cache):
    cache.put([answer(0), answer(2, "other")])
    assert cache.get("k") == {0: answer(0), 2: answer(2, "other")}
    assert cache.get("unknown") == {}


def test_answers_provider_failure_is_asked_again_and_replaced(cache):
    cache.put([answer(0, None, "provider"), answer(1, None, "request")])
    assert set(cache.get("k")) == {1}
    cache.put([answer(0)])
    assert cache.get("k")[0] == answer(0)


def test_answers_first_final_one_stays_whatever_another_process_adds(cache):
    cache.put([answer(0, "first"), answer(1, None, "request")])
    cache.put([answer(0, "second"), answer(1, "late")])
    cache.put([answer(0, None, "provider"), answer(1, None, "provider")])
    assert cache.get("k") == {0: answer(0, "first"), 1: answer(1, None, "request")}


def test_answers_many_threads_lose_nothing(cache):
    def work(thread):
        for i in range(20):
            cache.put([answer(i, f"{thread} {i}", key=str(thread))])
            assert cache.get(str(thread))[i].text == f"{thread} {i}"

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert [len(cache.get(str(thread))) for thread in range(8)] == [20] * 8


def test_answers_process_killed_after_put_loses_nothing(tmp_path):
    path = tmp_path / "answers.sqlite"
    code = (
        "import os, signal, pathlib\n"
        "from vpd.chat.answers import Answer, AnswerCache\n"
        f"cache = AnswerCache(pathlib.Path({str(path)!r}))\n"
        "for i in range(20):\n"
        "    cache.put([Answer('k', i, f't{i}', None, None, 'stop', None, 1, 0, 0, 'live')])\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=os.environ, check=False)
    assert done.returncode == -9
    cache = AnswerCache(path)
    assert [a.text for a in cache.get("k").values()] == [f"t{i}" for i in range(20)]
    cache.close()


OLD = """
create table answers (key, sample, text, problem, problem_class, finish_reason, logprob, tokens, origin,
primary key (key, sample)) without rowid
"""  # until version 0.1


def test_answers_file_of_an_older_version_keeps_every_paid_answer(tmp_path):
    path = tmp_path / "answers.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.execute(OLD)
        old.execute("insert into answers values ('k', 0, 'paid', null, null, 'stop', -0.5, 7, 'live')")
    for sample in (1, 2):
        cache = AnswerCache(path)
        cache.put([answer(sample)])
        kept = cache.get("k")
        cache.close()
    assert kept[0] == Answer("k", 0, "paid", None, None, "stop", -0.5, 7, 0, 0, "live")
    assert [kept[1], kept[2]] == [answer(1), answer(2)]


def test_answers_file_of_an_older_version_is_opened_by_many_at_once(tmp_path):
    path = tmp_path / "answers.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as old, old:
        old.execute(OLD)
    with ThreadPoolExecutor(8) as threads:
        for cache in threads.map(AnswerCache, [path] * 8):
            cache.put([answer()])
            cache.close()


def test_answers_unusable_place_is_a_store_error(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(StoreError, match="cannot use"):
        AnswerCache(tmp_path / "file" / "answers.sqlite")
