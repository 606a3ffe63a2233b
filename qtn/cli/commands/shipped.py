"""`qtn circuits`: the reviewed circuits that ship with qtn."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from qtn.cli.exits import Code, leave
from qtn.cli.files import check_writable
from qtn.cli.groups import Json
from qtn.cli.output import plain, show
from qtn.errors import VerificationError

app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    help="List, show, copy, verify and make again the circuits that ship.",
    epilog="Example: qtn circuits list; qtn circuits copy ghz-16 --out ghz.qasm; qtn run ghz.qasm",
)
Name = Annotated[str, typer.Argument(help="Name of the circuit, as `qtn circuits list` has it.")]
Folder = Annotated[
    Path | None,
    typer.Option("--folder", help="Other circuits, as `qtn compile recipe.toml` makes."),
]


@app.command("list")
def list_circuits(folder: Folder = None, as_json: Json = False) -> None:
    """List all circuits with their gates, depth and certified fidelity."""
    import qtn

    found = qtn.circuits(folder)
    rows = [
        {
            "name": entry.name,
            "title": entry.card["title"],
            "qubits": entry.told["qubits"],
            "two_qubit_gates": entry.told["two_qubit_gates"],
            "two_qubit_depth": entry.told["two_qubit_depth"],
            "floor": entry.told["floor"],
        }
        for entry in found
    ]
    show({"circuits": rows}, [str(found)], as_json)


@app.command("show")
def show_card(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """Show the card of a circuit."""
    import qtn

    entry = qtn.circuits(folder)[name]
    record = {"name": entry.name, "folder": str(entry.folder), "card": entry.card}
    show(record, [str(entry)], as_json)


@app.command("copy")
def copy_circuit(
    name: Name,
    out: Annotated[Path, typer.Option(help="OpenQASM 3 file to write.")] = Path("circuit.qasm"),
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Write a circuit to a file of your own."""
    import qtn
    from qtn.interop.qasm import save_qasm3

    library = qtn.circuits(folder)
    circuit = library.load(name)
    check_writable(out)
    written = save_qasm3(circuit, out)
    show({"name": name, "file": str(written)}, [f"wrote {written}"], as_json)


@app.command("verify")
def verify_again(
    names: Annotated[
        list[str] | None, typer.Argument(help="Names of circuits; all without any.")
    ] = None,
    folder: Folder = None,
    as_json: Json = False,
) -> None:
    """Verify circuits again, from their files alone; exit code 4 where a card is wrong."""
    import qtn

    library = qtn.circuits(folder)
    rows: list[dict[str, Any]] = []
    for name in names or library.names:
        row: dict[str, Any] = {"name": name, "agrees": True, "why": ""}
        try:
            check = library.verify(name)
            row |= {"fidelity": check.fidelity, "low": check.low, "high": check.high}
        except VerificationError as error:
            row |= {"agrees": False, "why": " ".join(str(error).split())}
        rows.append(row)
    lines = [
        f"{row['name']:24} at least {row['low']:.12f}" if row["agrees"] else f"{row['why']}"
        for row in rows
    ]
    show({"circuits": rows}, lines, as_json)
    leave(Code.DONE if all(row["agrees"] for row in rows) else Code.NOT_CERTIFIED)


@app.command("recipe")
def print_recipe(name: Name, folder: Folder = None, as_json: Json = False) -> None:
    """Print the recipe of a circuit, for `qtn compile recipe.toml`."""
    import qtn

    found = qtn.circuits(folder)
    text = (found[name].folder / "recipe.toml").read_text(encoding="utf-8")
    asked = plain(json.loads(json.dumps(found.recipe(name).asked)))
    show({"name": name, "recipe": asked}, [text.rstrip()], as_json)
