"""Processes that start ranks: killed, they leave nobody behind."""

import subprocess
import sys

CHILD = """
import signal
from vpd.distill.launch import end_with_parent
end_with_parent()
print("up", flush=True)
signal.pause()
"""
PARENT = f"""
import signal, subprocess, sys
subprocess.Popen([sys.executable, "-c", {CHILD!r}])
signal.pause()
"""


def test_end_with_parent_when_the_parent_is_killed_ends_too() -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    parent.kill()
    parent.wait()
    assert parent.stdout.read() == ""  # the end of the pipe, which the child held open
    parent.stdout.close()
