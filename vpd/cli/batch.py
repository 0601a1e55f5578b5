"""`vpd batch`: programs by the Batch API, which answers within a day at a lower price.

Not here: asking live (`vpd.cli.sample`), which also puts together what came by batch.
"""

from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from vpd.chat.answers import AnswerCache
from vpd.chat.batch_client import BatchClient, BatchStatus
from vpd.chat.batch_results import ingest_batch
from vpd.datasets.sources import find_spec, shard_names
from vpd.errors import ConfigError, SpendingCeilingError
from vpd.review.reviewer import open_reviewer
from vpd.sampling.batch_folder import BatchFile, batch_files, write_missing
from vpd.sampling.offline import Missing, missing_requests, open_kept, shard_questions
from vpd.sampling.plan import Plan, load_plan
from vpd.settings import Settings, load_settings
from vpd.store import ArtifactStore
from vpd.tools.toolset import find_toolset

app = typer.Typer(
    no_args_is_help=True,
    help="Have programs written by the Batch API: within a day, at a lower price.\n\n"
    "Write, submit, wait, ingest; then write again for the next round, until nothing is left. "
    "`vpd sample` then finds every answer in the cache.",
)
Folder = Annotated[Path, typer.Argument(help="folder of batch files, see `vpd batch write`")]


@app.command()
def write(
    source: Annotated[str, typer.Argument(help="name of an ingested source, see `vpd ingest`")],
    folder: Annotated[Path, typer.Argument(help="folder to write batch files to")],
) -> None:
    """Write the requests that are still to be asked as batch files, and ask nothing.

    What is under way is left out; files that were not sent are replaced. Models without an address are left
    to `vpd sample`.

    Example: vpd batch write mine batches
    """
    settings, plan = _plan()
    if not any(where.url for where in plan.endpoints.values()):
        raise ConfigError("batch files are for endpoints: set VPD_LLM_URL, or VPD_LLM_FILE with addresses")
    store = ArtifactStore.open(settings.store_uri, settings.s3_endpoint)
    questions = shard_questions(store, shard_names(find_spec(store, source)))
    with open_kept(settings) as kept, open_reviewer(find_toolset(plan.config.tools)) as reviewer:
        missing = missing_requests(plan.config, kept, reviewer, questions)
        files = write_missing(_within_ceiling(plan, missing), folder)
    for file in files:
        typer.echo(f"{file.path}: for {file.model}")
    typer.echo(f"Next: vpd batch submit {folder}" if files else "nothing to be asked that is not under way")


@app.command()
def submit(folder: Folder) -> None:
    """Send the batch files of a folder; one that was sent already is not sent again.

    Example: vpd batch submit batches
    """
    settings, plan = _plan()
    for file in batch_files(folder):
        with _client(settings, plan, file.model) as client:
            typer.echo(f"{file.path}: {client.submit(file.path)}")


@app.command()
def status(folder: Folder) -> None:
    """Show how far the batches of a folder are.

    Example: vpd batch status batches
    """
    settings, plan = _plan()
    table = Table("file", "batch", "status", "requests", "answered", "failed")
    for file in batch_files(folder):
        if file.batch_id is None:
            table.add_row(file.path.name, "-", "not sent")
            continue
        told = _told(settings, plan, file, file.batch_id)
        counts = map(str, (told.total, told.completed, told.failed))
        table.add_row(file.path.name, told.batch_id, told.status, *counts)
    Console().print(table)


@app.command()
def ingest(folder: Folder) -> None:
    """Keep the answers of the batches that have ended, and delete their files.

    What failed is written again by `vpd batch write`.

    Example: vpd batch ingest batches
    """
    settings, plan = _plan()
    with open_kept(settings) as kept:
        for file in batch_files(folder):
            typer.echo(f"{file.path}: {_ingested(settings, plan, file, kept.cache)}")


def _plan() -> tuple[Settings, Plan]:
    settings = load_settings()
    return settings, load_plan(settings)


def _ingested(settings: Settings, plan: Plan, file: BatchFile, cache: AnswerCache) -> str:
    """Keep a file's answers if its batch has ended; return what there is to say."""
    if file.batch_id is None:
        return "not sent: vpd batch submit"
    told = _told(settings, plan, file, file.batch_id)
    if not told.ended:
        return f"{told.status}, {told.completed} of {told.total} requests answered: come again later"
    said = f"{told.status}: {told.problem}"
    if told.result_files or not told.problem:
        with _client(settings, plan, file.model) as client:
            report = ingest_batch(client.results(file.batch_id), cache)
        said = f"{told.status}: {report.answers} answers, {report.failed} failed, {report.unknown} unknown"
    file.path.unlink()
    return said


def _told(settings: Settings, plan: Plan, file: BatchFile, batch_id: str) -> BatchStatus:
    with _client(settings, plan, file.model) as client:
        return client.poll(batch_id)


@contextmanager
def _client(settings: Settings, plan: Plan, model: str) -> Iterator[BatchClient]:
    """Connect to the endpoint of a model. Raises ConfigError if the plan does not say where that is."""
    where = plan.endpoints.get(model)
    if where is None or not where.url:
        raise ConfigError(f"a batch file is for {model}, which has no address here: set the one it was for")
    with closing(BatchClient(where.url, where.api_key(settings), where.timeout)) as client:
        yield client


def _within_ceiling(plan: Plan, missing: Iterable[Missing]) -> Iterator[Missing]:
    """Yield requests to models with an address.

    Raises SpendingCeilingError before they might cost more than the ceiling, and ConfigError for one that
    cannot be kept to without a price.
    """
    worst = dict.fromkeys(plan.endpoints, 0.0)
    for one in missing:
        model = one.writer.model
        if not plan.endpoints[model].url:
            continue
        if plan.ceiling is not None:
            worst[model] += _worst(plan, one)
            if worst[model] > plan.ceiling:
                raise SpendingCeilingError(
                    f"the batch might cost more than the ceiling of {plan.ceiling:.6f} US dollars for "
                    f"{model}: raise it, or ask about fewer questions"
                )
        yield one


def _worst(plan: Plan, missing: Missing) -> float:
    price, request = plan.endpoints[missing.writer.model].price, missing.request
    if price is None:
        raise ConfigError(
            f"a spending ceiling needs the price of {missing.writer.model}: set it, or no ceiling"
        )
    return price.worst(request.characters, len(missing.samples), request.max_tokens)
