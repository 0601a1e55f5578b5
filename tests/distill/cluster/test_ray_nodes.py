"""What a Ray node runs, without Ray: a command that goes wrong before anything is trained."""

import pytest

from vpd.distill.cluster.node import Node
from vpd.distill.cluster.ray_nodes import run_node


def test_run_node_that_fails_prints_and_gives_back_the_end_of_what_it_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wrong = Node("0", nodes=1, ranks=1, threads=1, master="localhost", port="x", config="c")  # type: ignore[arg-type]
    end = run_node(wrong)
    assert end.code == 2
    assert "--port" in end.tail
    assert end.tail in capsys.readouterr().out
