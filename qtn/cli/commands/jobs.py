"""`qtn jobs`: recorded runs at the command line."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from qtn.cli.groups import BudgetText, Json
from qtn.cli.named import budget as read_budget
from qtn.cli.output import headline, plain
from qtn.cli.output import show as show_record

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show, resume, cancel and export recorded runs.",
    epilog="Example: qtn jobs list; qtn jobs resume 3f2a; qtn jobs export 3f2a run.json",
)
RunId = Annotated[str, typer.Argument(help="Id of the run, or its beginning.")]
Folder = Annotated[
    Path | None, typer.Option("--ledger", help="Folder of the ledger (default: your own).")
]


@app.command("list")
def list_(ledger: Folder = None, as_json: Json = False) -> None:
    """List all runs, newest first."""
    from qtn import jobs

    table = jobs(ledger)
    show_record({"runs": table.rows()}, [str(table)], as_json)


@app.command()
def show(run: RunId, ledger: Folder = None, as_json: Json = False) -> None:
    """Show a run with its jobs and their history, as JSON with and without --json."""
    from qtn.devices import show

    found = show(run, ledger)
    show_record(found, [json.dumps(plain(found), indent=1)], as_json)


@app.command()
def resume(
    run: RunId,
    budget: BudgetText = None,
    ledger: Folder = None,
    resubmit: Annotated[
        bool, typer.Option("--resubmit", help="Submit again what failed; may pay twice.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Bring a run to its end and print its counts; without a budget the run's own holds."""
    from qtn.devices import resume

    result = resume(
        run,
        ledger=ledger,
        budget=read_budget(budget),
        resubmit=resubmit,
        progress=False if as_json else None,
    )
    answers: dict[str, list[Any]]
    if all(pub.bits for pub in result):
        answers = {"counts": [result.counts(k) for k in range(len(result))]}
    else:
        answers = {"values": [{"value": e.value, "stderr": e.stderr} for e in result.values]}
    record = {"run": run, "device": result.device, "shots": result.shots, **answers}
    rows = [json.dumps(plain(answer)) for found in answers.values() for answer in found]
    show_record(record, [headline(result), *rows], as_json)


@app.command()
def cancel(run: RunId, ledger: Folder = None, as_json: Json = False) -> None:
    """Cancel what is still open of a run."""
    from qtn.devices import cancel

    found = cancel(run, ledger=ledger)
    lines = [f"job {j.number}: {j.state}" + (f" ({j.error})" if j.error else "") for j in found]
    show_record({"run": run, "jobs": [asdict(job) for job in found]}, lines, as_json)


@app.command()
def export(
    run: RunId,
    path: Annotated[Path, typer.Argument(help="JSON file to write.")],
    ledger: Folder = None,
    as_json: Json = False,
) -> None:
    """Write a run with all counts to a JSON file."""
    from qtn.devices import export

    written = export(run, path, ledger=ledger)
    show_record({"run": run, "file": str(written)}, [str(written)], as_json)
