"""The command line: one module per command, assembled here."""

import sys

import typer
from rich.console import Console
from rich.markup import escape

from vpd.cli import (
    batch,
    bench,
    demo,
    execute,
    export,
    ingest,
    lineage,
    models,
    photos,
    predict,
    prefer,
    pretrain,
    promote,
    recipes,
    rollback,
    sample,
    serve,
    study,
    tools,
    trace,
)
from vpd.errors import VpdError

app = typer.Typer(
    name="vpd",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Visual Program Distillation: programs, traces, verified rationales, a distilled student.\n\n"
    "Start with `vpd demo`. Settings are VPD_* environment variables (docs/reference.md).",
)
app.command("demo")(demo.command)
app.command("ingest")(ingest.command)
app.command("photos")(photos.command)
app.command("sample")(sample.command)
app.command("tools")(tools.command)
app.command("execute")(execute.command)
app.command("predict")(predict.command)
app.command("pretrain")(pretrain.command)
app.command("prefer")(prefer.command)
app.command("recipes")(recipes.command)
app.command("promote")(promote.command)
app.command("rollback")(rollback.command)
app.command("study")(study.command)
app.command("serve")(serve.command)
app.command("export")(export.command)
app.command("bench")(bench.command)
app.add_typer(batch.app, name="batch")
app.add_typer(lineage.app, name="lineage")
app.add_typer(models.app, name="models")
app.add_typer(trace.app, name="trace")


def main() -> None:
    """Run the command line; an error raised on purpose is one line and exit code 1."""
    try:
        app()
    except VpdError as error:
        Console(stderr=True).print(
            f"[bold red]error[/] {escape(str(error))}", highlight=False, soft_wrap=True
        )
        sys.exit(1)
