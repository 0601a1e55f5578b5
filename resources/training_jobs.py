"""Training as a job of a cluster, under Dagster: Pipes, the log, and the cancelling.

The ranks' messages come through a file in the run's folder, which Dagster's machine and the nodes share, so
that they do not depend on how a cluster carries output. The report is read from its file when the job has
ended, since on a network file system the last messages may come too late.
"""

from pathlib import Path
from typing import Any

import dagster as dg

from vpd.distill.cluster.follow import follow
from vpd.distill.cluster.job import Cluster, TrainingJob
from vpd.distill.config import TrainConfig
from vpd.distill.run_folder import read_json
from vpd.errors import TrainingError

_EVERY = 3.0  # seconds between questions to the cluster
_PATIENCE = 600.0  # seconds without an answer until a job is lost


def run_job(
    context: dg.AssetExecutionContext,
    cluster: Cluster,
    config: TrainConfig,
    *,
    nodes: int,
    ranks: int,
    gpus: int,
    threads: int,
) -> dict[str, Any]:
    """Train one arm as a job and return its report; ranks, GPUs and threads are those of one node.

    Raises ConfigError if the cluster cannot be reached or refuses, TrainingError if the job fails, is lost,
    or ends without a report.
    """
    settings, log, messages = (config.output / name for name in ("config.json", "train.log", "pipes.jsonl"))
    with dg.open_pipes_session(
        context=context.op_execution_context,
        context_injector=dg.PipesEnvContextInjector(),
        message_reader=dg.PipesFileMessageReader(str(messages)),
    ) as session:
        env = session.get_bootstrap_env_vars()
        context.log.info(f"{config.arm} trains as a job of a cluster, whose output goes to {log}")
        job = cluster.submit(TrainingJob(settings, nodes, ranks, gpus, threads, env))
        follow(job, log, every=_EVERY, patience=_PATIENCE)
    return _report(config.output, job.name)


def _report(output: Path, job: str) -> dict[str, Any]:
    report = read_json(output / "training.json")
    if report is None:
        raise TrainingError(
            f"job {job} ended well but {output} has no training.json: put VPD_HOME on a folder which the "
            "nodes and Dagster's machine share, at the same path"
        )
    return {name: value for name, value in report.items() if name != "history"}
