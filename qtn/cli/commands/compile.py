"""`qtn compile`: a target from any file into a circuit with its card."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated, Any

import typer

from qtn.cli.exits import Code, leave
from qtn.cli.files import check_writable
from qtn.cli.groups import Json, Search, Seed, TargetFile, takes
from qtn.cli.output import show
from qtn.errors import ArgumentError, FidelityError


@takes(target=TargetFile, search=Search)
def compile_target(
    target: TargetFile,
    search: Search,
    min_fidelity: Annotated[
        float | None, typer.Option(help="Exit code 3 where the fidelity stays below.")
    ] = None,
    seed: Seed = 0,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Circuit to write: .qasm (default circuit.qasm), .qpy or .qtn; folder of a recipe."
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compile a state or an operator into a circuit; card.json beside it says how well.

    A recipe (.toml) describes a whole experiment, which is made into a folder. Without options of
    the search it is chosen by the target (Auto). Ctrl-C writes the best circuit so far (exit code
    130). The same call writes the same files, byte for byte.

    \b
    Examples:
      qtn compile model.qtn --label 0 --layers 3 --out circuit.qasm
      qtn compile state.npy --max-gates 60 --device FakeTorino
      qtn compile psi.npz --method "Window(fullness=0.9)" --basis cz
      qtn compile long.qasm --infidelity 1e-4 --min-fidelity 0.99
      qtn compile recipe.toml --out out/ghz
    """
    if target.target.suffix.lower() == ".toml":
        plain = (TargetFile(target.target), Search(), None, 0)
        make_recipe(target.target, (target, search, min_fidelity, seed) != plain, out, as_json)
        return
    import qtn

    out = Path("circuit.qasm") if out is None else out
    method, goal = search.chosen(), target.load()
    check_writable(out)
    if out.exists() and out.samefile(target.target):
        raise ArgumentError(
            f"`{out}` is the target itself, without which the circuit could not be verified any "
            "more. Write the circuit to another file by --out."
        )
    start, code = time.process_time(), Code.DONE
    options: dict[str, Any] = {"min_fidelity": min_fidelity, "seed": seed}
    try:
        compiled = qtn.compile(goal, method, progress=False if as_json else None, **options)
    except FidelityError as error:
        if error.best is None:
            raise
        compiled, code = error.best, Code.BELOW_GOAL
        typer.echo(f"Below the goal: {' '.join(str(error).split())}", err=True)
    code = Code.INTERRUPTED if compiled.status is qtn.Status.INTERRUPTED else code
    record = _saved(compiled, out, target)
    record["measured"] = {"seconds": time.process_time() - start}
    show(record, [str(compiled), f"wrote {' and '.join(record['files'].values())}"], as_json)
    leave(code)


def _saved(compiled: Any, out: Path, target: TargetFile) -> dict[str, Any]:
    """Write a result with its card, and return what both say."""
    import qtn

    label, name, files = target.known_label(), target.target.name, {"circuit": str(out)}
    if out.suffix.lower() == ".qtn":
        qtn.save(compiled, out)
    else:
        qtn.save_circuit(compiled, out, label=label, target=name)
        files["card"] = str(out.with_name("card.json"))
    return {
        "files": files,
        "label": label,
        "target": name,
        "fidelity": compiled.fidelity,
        "floor": compiled.floor,
        "two_qubit_gates": compiled.two_qubit_gates,
        "two_qubit_depth": compiled.two_qubit_depth,
        "status": compiled.status.name,
        "provenance": compiled.provenance,
    }


def make_recipe(recipe: Path, others: bool, out: Path | None, as_json: bool) -> None:
    """Make what a recipe describes, and print its hashes.

    Args:
        recipe: the file.
        others: whether options were given beside it, which stand in the recipe.
        out: folder to write; None for one of the recipe's name in `out`.
        as_json: print JSON.
    """
    import qtn

    if others:
        raise ArgumentError(
            f"`{recipe}` is a recipe, which holds all options itself: only --out and --json are "
            "taken beside it. Change the recipe, or name the target's own file."
        )
    folder = Path("out") / recipe.stem if out is None else out
    made = qtn.make(recipe, folder, progress=False if as_json else None)
    record = {
        "recipe": str(recipe),
        "folder": str(made.folder),
        "files": {name: str(path) for name, path in made.files.items()},
        "hashes": made.hashes,
        "hash": made.hash,
        "circuit": made.circuit,
        "measured": {"seconds": made.seconds},
    }
    show(record, [str(made)], as_json)
    status = made.circuit.get("provenance", {}).get("status")
    leave(Code.INTERRUPTED if status == "INTERRUPTED" else Code.DONE)
