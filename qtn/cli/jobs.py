"""`qtn jobs`: recorded runs at the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.groups import Spending, takes

app = typer.Typer(
    no_args_is_help=True,
    help="List, show, resume, cancel and export recorded runs.",
    epilog="Example: qtn jobs list; qtn jobs resume 3f2a; qtn jobs export 3f2a run.json",
)
RunId = Annotated[str, typer.Argument(help="Id of the run, or its beginning.")]
Folder = Annotated[
    Path | None, typer.Option("--ledger", help="Folder of the ledger (default: your own).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_(ledger: Folder = None, as_json: AsJson = False) -> None:
    """List all runs, newest first."""
    from qtn.devices.record.runs import jobs

    table = jobs(ledger)
    typer.echo(json.dumps(table.rows(), indent=1) if as_json else str(table))


@app.command()
def show(run: RunId, ledger: Folder = None) -> None:
    """Show a run with its jobs and their history, as JSON."""
    from qtn.devices.record.runs import show

    typer.echo(json.dumps(show(run, ledger), indent=1))


@app.command()
@takes(spending=Spending)
def resume(
    run: RunId,
    spending: Spending,
    ledger: Folder = None,
    resubmit: Annotated[
        bool, typer.Option("--resubmit", help="Submit again what failed; may pay twice.")
    ] = False,
) -> None:
    """Bring a run to its end and print its counts; without a budget the run's own holds."""
    from qtn.devices.record.runs import resume

    result = resume(run, ledger=ledger, budget=spending.budget(), resubmit=resubmit)
    typer.echo(str(result))
    for k in range(len(result)):
        typer.echo(json.dumps(result.counts(k)))


@app.command()
def cancel(run: RunId, ledger: Folder = None) -> None:
    """Cancel what is still open of a run."""
    from qtn.devices.record.runs import cancel

    for job in cancel(run, ledger=ledger):
        typer.echo(f"job {job.number}: {job.state}" + (f" ({job.error})" if job.error else ""))


@app.command()
def export(
    run: RunId,
    path: Annotated[Path, typer.Argument(help="JSON file to write.")],
    ledger: Folder = None,
) -> None:
    """Write a run with all counts to a JSON file."""
    from qtn.devices.record.runs import export

    typer.echo(str(export(run, path, ledger=ledger)))
