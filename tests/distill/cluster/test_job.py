import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vpd.distill.cluster.job import TrainingJob, ranks_of_a_node
from vpd.errors import ConfigError

FOLDERS = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)


@given(FOLDERS)
def test_job_name_is_a_dns_label_whatever_the_folder(folder):
    job = TrainingJob(Path("/runs") / folder / "config.json", 1, 1, 0, 1, {})
    assert re.fullmatch(r"[a-z]([-a-z0-9]*[a-z0-9])?", job.name)
    assert len(job.name) <= 54


def test_job_name_is_the_same_for_a_run_and_differs_between_runs(job):
    assert replace(job, nodes=1, env={}).name == job.name
    elsewhere = replace(job, config=Path("/other/student-0123456789ab/config.json"))
    assert elsewhere.name != job.name


def test_ranks_that_do_not_divide_over_the_nodes_are_refused():
    assert ranks_of_a_node(8, 2) == 4
    with pytest.raises(ConfigError, match="3 ranks"):
        ranks_of_a_node(3, 2)
