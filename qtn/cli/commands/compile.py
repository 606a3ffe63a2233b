"""`qtn compile`: a target from any file into a circuit with its card."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from qtn.cli.exits import Code, leave
from qtn.cli.files import check_writable
from qtn.cli.groups import Json, Search, Seed, TargetFile, takes
from qtn.cli.output import show
from qtn.errors import FidelityError


@takes(target=TargetFile, search=Search)
def compile_target(
    target: TargetFile,
    search: Search,
    min_fidelity: Annotated[
        float | None, typer.Option(help="Exit code 3 where the fidelity stays below.")
    ] = None,
    seed: Seed = 0,
    out: Annotated[Path, typer.Option(help="Circuit to write: .qasm, .qpy or .qtn.")] = Path(
        "circuit.qasm"
    ),
    as_json: Json = False,
) -> None:
    """Compile a state or an operator into a circuit; card.json beside it says how well.

    Without options of the search it is chosen by the target (Auto). Ctrl-C writes the best circuit
    so far (exit code 130). The same call writes the same files, byte for byte.

    \b
    Examples:
      qtn compile model.qtn --label 0 --layers 3 --out circuit.qasm
      qtn compile state.npy --max-gates 60 --device FakeTorino
      qtn compile psi.npz --method "Window(fullness=0.9)" --basis cz
      qtn compile long.qasm --infidelity 1e-4 --min-fidelity 0.99
    """
    import qtn

    method = search.chosen()
    goal = target.load()
    check_writable(out)
    start, code = time.process_time(), Code.DONE
    try:
        compiled = qtn.compile(
            goal,
            method,
            min_fidelity=min_fidelity,
            seed=seed,
            progress=False if as_json else None,
        )
    except FidelityError as error:
        if error.best is None:
            raise
        compiled, code = error.best, Code.BELOW_GOAL
        typer.echo(f"Below the goal: {' '.join(str(error).split())}", err=True)
    code = Code.INTERRUPTED if compiled.status is qtn.Status.INTERRUPTED else code
    label, name = target.known_label(), target.target.name
    if out.suffix.lower() == ".qtn":
        qtn.save(compiled, out)
    else:
        qtn.save_circuit(compiled, out, label=label, target=name)
    record = {
        "file": str(out),
        "label": label,
        "target": name,
        "fidelity": compiled.fidelity,
        "floor": compiled.floor,
        "two_qubit_gates": compiled.two_qubit_gates,
        "two_qubit_depth": compiled.two_qubit_depth,
        "status": compiled.status.name,
        "provenance": compiled.provenance,
        "measured": {"seconds": time.process_time() - start},
    }
    card = "" if out.suffix.lower() == ".qtn" else f" and {out.with_name('card.json')}"
    show(record, [str(compiled), f"wrote {out}{card}"], as_json)
    leave(code)
