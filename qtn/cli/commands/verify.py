"""`qtn verify`: what a circuit does, computed from its file alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from qtn.cli.exits import Code, leave
from qtn.cli.files import target_of
from qtn.cli.groups import CircuitFile, Json, Label, Observables, takes
from qtn.cli.named import observables
from qtn.cli.output import show
from qtn.errors import VerificationError

ROUNDING = 1e-12  # of the fidelity in a card and of the angles in a circuit file


@takes(circuit=CircuitFile)
def verify_circuit(
    circuit: CircuitFile,
    target: Annotated[
        Path | None, typer.Argument(help="What it was compiled from, or a second circuit.")
    ] = None,
    label: Label = None,
    observable: Observables = None,
    method: Annotated[str, typer.Option(help="auto, both, equivalence, ...")] = "auto",
    as_json: Json = False,
) -> None:
    """Recompute a circuit's fidelity with its target, or its values, from the circuit file.

    Two engines that share no code must agree wherever the second is predicted to take at most two
    seconds; beyond, one speaks, and the line "why" says so.

    The class comes from card.json beside the circuit unless --label is given. Exit code 4 where
    nothing can be certified, where engines disagree, or where the fidelity that the card states
    lies outside the interval found.

    \b
    Examples:
      qtn verify circuit.qasm model.qtn
      qtn verify circuit.qasm --observable ZZII
      qtn verify short.qasm long.qasm --method equivalence --json
    """
    import qtn
    from qtn.aqc import card_entry

    loaded = circuit.load()
    entry = card_entry(circuit.circuit) if target is not None else {}
    chosen = entry.get("label") if label is None else label
    goal = None if target is None else target_of(target, None if chosen is None else str(chosen))
    asked = observables(observable or ())
    try:
        check = qtn.verify(loaded, goal, asked or None, method=method)
    except VerificationError as error:
        typer.echo(f"Not certified: {' '.join(str(error).split())}", err=True)
        leave(Code.NOT_CERTIFIED)
        return
    # A card speaks about its own label only, and about states.
    same = str(chosen) == str(entry.get("label")) and not method.startswith("equivalence")
    record = {"circuit": str(circuit.circuit), "label": chosen}
    record |= _verdict(check, asked, entry.get("fidelity") if same else None)
    lines = [str(check)]
    if record["stated"] is not None:
        where = "inside" if record["agrees"] else "OUTSIDE"
        lines.append(f"card      {record['stated']:.12f}: {where} the interval")
    show(record, lines, as_json)
    sure = record["agrees"] and record["certified"]
    leave(Code.DONE if sure else Code.NOT_CERTIFIED)


def _verdict(check: Any, asked: list[Any], stated: float | None) -> dict[str, Any]:
    """Return what was found, beside what the card states."""
    return {
        "fidelity": check.fidelity,
        "low": check.low,
        "high": check.high,
        "values": [
            {"observable": o, "value": e.value, "halfwidth": e.stderr}
            for o, e in zip(asked, check.values, strict=False)
        ],
        "rigorous": check.rigorous,
        "certified": _certified(check),
        "method": check.method,
        "why": check.why,
        "stated": stated,
        "agrees": stated is None or check.fidelity is None or _inside(stated, check),
        "measured": {"seconds": check.cost.seconds, "max_bond": check.cost.max_bond},
    }


def _inside(stated: float, check: Any) -> bool:
    low, high = float(check.low or 0), float(check.high or 0)
    return bool(low - ROUNDING <= stated <= high + ROUNDING)


def _certified(check: Any) -> bool:
    """Whether the interval says anything, and so do those of all values."""
    if check.fidelity is not None and (check.low or 0) <= 0 and (check.high or 0) >= 1:
        return False
    import numpy as np

    return all(bool(np.isfinite(e.stderr).all()) for e in check.values)
