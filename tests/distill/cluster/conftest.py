from pathlib import Path

import pytest

from vpd.distill.cluster.job import TrainingJob


@pytest.fixture
def job() -> TrainingJob:
    """Two nodes with four GPUs each."""
    config = Path("/shared/vpd/runs/student-0123456789ab/config.json")
    return TrainingJob(config, nodes=2, ranks=4, gpus=4, threads=2, env={"DAGSTER_PIPES_CONTEXT": "c"})
