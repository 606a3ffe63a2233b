"""The command `qtn` with all its commands, and what `qtn --help` says."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

import typer

from qtn._version import __version__
from qtn.cli.commands import (
    compare,
    demo,
    diagnose,
    jobs,
    mitigate,
    report,
    run,
    shipped,
    train,
    verify,
)
from qtn.cli.commands import compile as compiling
from qtn.cli.exits import meanings

app = typer.Typer(
    name="qtn",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

# In the order of the main job; `qtn --help` lists them so.
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo.make_demo,
    "train": train.train_model,
    "compile": compiling.compile_target,
    "run": run.run_circuit,
    "mitigate": mitigate.mitigate_values,
    "verify": verify.verify_circuit,
    "compare": compare.compare_models,
    "report": report.write_report,
    "about": diagnose.show_machine,
    "doctor": diagnose.look_for_traps,
    "warm-up": diagnose.warm_kernels,
}
HELP = f"""Train tensor networks, compile them to circuits, run, mitigate, verify and compare.

\b
The main job on real digits, into out/demo:
  qtn demo
The same in steps:
  qtn train --classes 0,1 --bond 8 --out model.qtn
  qtn compile model.qtn --label 0 --layers 2 --out circuit.qasm
  qtn run circuit.qasm --device FakeAlgiers
  qtn verify circuit.qasm model.qtn
  qtn compare model.qtn --layers 2 --device FakeAlgiers --out report.html

\b
Exit codes:
{meanings()}
"""


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"qtn {__version__}")
        raise typer.Exit()


@app.callback(help=HELP)
def options(
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version."
        ),
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (any position).")
    ] = False,
) -> None:
    """Take the options before the command; HELP is what it shows."""


for _name, _command in COMMANDS.items():
    app.command(_name)(_command)
app.add_typer(jobs.app, name="jobs")
app.add_typer(shipped.app, name="circuits")
