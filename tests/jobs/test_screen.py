import subprocess
import sys
from io import StringIO

import dagster as dg
import pytest

from jobs import screen as screen_module
from jobs.screen import Screen, screen_logger


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_screen_that_is_a_file_gets_one_line_for_a_stage():
    file = StringIO()
    screen = Screen(file)
    with screen.stage("questions"):
        screen.progress("shard 1")
    screen.done("questions", "12 rows", 1.25)
    assert file.getvalue().splitlines() == ["✓ questions          12 rows (1.2 s)"]


def test_screen_that_is_a_file_gets_progress_when_a_stage_is_slow(monkeypatch):
    monkeypatch.setattr(screen_module, "PLAIN_EVERY", 0.0)
    file = StringIO()
    screen = Screen(file)
    with screen.stage("questions"):
        screen.progress("shard 1")
    assert "    questions: shard 1" in file.getvalue().splitlines()


def test_screen_after_an_up_to_date_stage_says_so():
    file = StringIO()
    Screen(file).done("questions", "12 rows", None)
    assert "already done" in file.getvalue()


def test_screen_logger_in_a_run_shows_messages_and_not_dagsters_events(monkeypatch):
    monkeypatch.setattr(screen_module, "PLAIN_EVERY", 0.0)
    file = StringIO()
    screen = Screen(file)

    @dg.asset
    def talking(context: dg.AssetExecutionContext) -> None:
        context.log.info("shard - 1 of 2")

    defs = dg.Definitions([talking], loggers={"screen": screen_logger(screen)})
    job = defs.resolve_implicit_global_asset_job_def()
    with screen.stage("talking"), dg.DagsterInstance.ephemeral() as instance:
        job.execute_in_process(instance=instance, run_config={"loggers": {"screen": {}}})
    lines = [line for line in file.getvalue().splitlines() if "starts" not in line]
    assert lines == ["    talking: shard - 1 of 2"]


def test_only_screen_while_it_lasts_sends_other_output_to_the_log(tmp_path):
    code = (
        "import os, sys, pathlib\n"
        "from jobs.screen import only_screen\n"
        "with only_screen(pathlib.Path(sys.argv[1])) as terminal:\n"
        "    print('noise'); os.system('echo child'); print('shown', file=terminal)\n"
        "print('after')\n"
    )
    log = tmp_path / "log"
    done = subprocess.run(
        [sys.executable, "-c", code, str(log)], capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stdout.splitlines() == ["shown", "after"]
    assert sorted(log.read_text().splitlines()) == ["child", "noise"]


@pytest.mark.parametrize("text", ["[red]markup[/red]", "a [1 2 3 4] box"])
def test_screen_given_text_with_brackets_shows_it_as_it_is(text, monkeypatch):
    monkeypatch.setattr(screen_module, "PLAIN_EVERY", 0.0)
    file = StringIO()
    screen = Screen(file)
    with screen.stage("x"):
        screen.progress(text)
    assert text in file.getvalue()
