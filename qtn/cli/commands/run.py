"""`qtn run`: counts or expectation values of a circuit on a device."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from qtn.cli.groups import Answer, CircuitFile, Observables, Recording, Terms, takes
from qtn.cli.named import TECHNIQUES, observables, techniques, words
from qtn.cli.output import headline, show
from qtn.errors import ArgumentError

if TYPE_CHECKING:
    from qtn import Estimate

SHOWN_OUTCOMES = 10
FIGURES = (
    *("circuits", "jobs", "shots", "depth", "two_qubit_depth", "two_qubit_gates"),
    *("seconds", "here", "money", "currency", "overhead"),
)


@takes(circuit=CircuitFile, terms=Terms, recording=Recording, answer=Answer)
def run_circuit(
    circuit: CircuitFile,
    terms: Terms,
    recording: Recording,
    answer: Answer,
    observable: Observables = None,
    mitigate: Annotated[
        list[str] | None,
        typer.Option(
            "--mitigate",
            help='Techniques for the observables: "Readout,ZNE", auto.',
            autocompletion=words(*TECHNIQUES),
        ),
    ] = None,
) -> None:
    """Run a circuit on a device: counts, as Qiskit prints bit strings, or expectation values.

    \b
    Examples:
      qtn run circuit.qasm
      qtn run circuit.qasm --device FakeAlgiers --shots 10000 --json
      qtn run circuit.qasm --observable ZZII --observable IIZZ --mitigate Readout,ZNE
      qtn run circuit.qasm --device ibm_torino --budget shots=20000,money=10 --dry-run
      qtn run circuit.qasm --ledger runs --out counts.json
    """
    import qtn

    asked = observables(observable or ())
    if mitigate is not None:
        if not asked:
            raise ArgumentError(
                "Option --mitigate needs an expectation value: give --observable, for instance ZZ."
            )
        mitigated(circuit, asked, techniques(mitigate), terms, recording, answer)
        return
    loaded = circuit.load()
    answer.check()
    options = {**terms.options(), "ledger": recording.place()}
    if answer.dry_run:
        show_plan(qtn.run(loaded, asked or None, dry_run=True, **options), circuit, answer)
        return
    progress = False if answer.as_json else None
    result = qtn.run(loaded, asked or None, progress=progress, **options)
    found = {
        "circuit": str(circuit.circuit),
        "device": result.device,
        "shots": result.shots,
    }
    lines = [headline(result)]
    if asked:
        found["values"] = value_rows(asked, result.values[0])
        lines += value_lines(found["values"])
    else:
        counts = dict(sorted(result.counts().items(), key=lambda item: (-item[1], item[0])))
        found["counts"] = counts
        lines += _count_lines(counts)
    answer.give(found, lines, {"seconds": result.seconds, "engine": result.engine})


def mitigated(
    circuit: CircuitFile,
    asked: list[Any],
    chosen: list[Any] | str,
    terms: Terms,
    recording: Recording,
    answer: Answer,
) -> None:
    """Mitigate, or plan to, and print: what `run --mitigate` and `mitigate` share.

    Args:
        circuit: its file.
        asked: the observables.
        chosen: the techniques, or "auto".
        terms: where and how often.
        recording: where it is recorded.
        answer: how it is given.
    """
    import qtn

    loaded = circuit.load()
    answer.check()
    if answer.dry_run:
        plan = qtn.mitigation.plan(loaded, asked, chosen, **terms.options())
        show_plan(plan, circuit, answer)
        return
    options = {**terms.options(), "ledger": recording.place()}
    progress = False if answer.as_json else None
    estimate = qtn.mitigate(loaded, asked, chosen, progress=progress, **options)
    values = value_rows(asked, estimate)
    found = {
        "circuit": str(circuit.circuit),
        "device": terms.device,
        "method": estimate.method,
        "shots": estimate.shots,
        "values": values,
    }
    lines = [f"{terms.device}, {estimate.method}, {estimate.shots} shots", *value_lines(values)]
    answer.give(found, lines, {})


def value_rows(asked: list[Any], estimate: Estimate) -> list[dict[str, Any]]:
    """Return one row per observable."""
    import numpy as np

    value, error = np.ravel(estimate.value), np.ravel(estimate.stderr)
    return [
        {"observable": o, "value": float(np.real(v)), "stderr": float(e)}
        for o, v, e in zip(asked, value, error, strict=True)
    ]


def value_lines(rows: list[dict[str, Any]]) -> list[str]:
    """Return the rows as text."""
    from qtn._display import with_error

    return [f"  {r['observable']}  {with_error(r['value'], r['stderr'])}" for r in rows]


def _count_lines(counts: dict[str, int]) -> list[str]:
    lines = [f"  {bits}  {count}" for bits, count in list(counts.items())[:SHOWN_OUTCOMES]]
    if len(counts) > SHOWN_OUTCOMES:
        lines.append(f"  ... {len(counts) - SHOWN_OUTCOMES} more (--json prints all)")
    return lines


def show_plan(plan: Any, circuit: CircuitFile, answer: Answer) -> None:
    """Print what would run: a `RunPlan`, or the `Plan` of a mitigation."""
    figures = {name: getattr(plan, name) for name in FIGURES if hasattr(plan, name)}
    record = {"circuit": str(circuit.circuit), "plan": figures}
    show(record, [str(plan), "Nothing was run."], answer.as_json)
