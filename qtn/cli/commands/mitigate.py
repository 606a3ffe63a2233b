"""`qtn mitigate`: expectation values without what can be removed of the noise."""

from __future__ import annotations

from typing import Annotated

import typer

from qtn.cli.commands.run import mitigated
from qtn.cli.groups import Answer, CircuitFile, Observables, Recording, Terms, takes
from qtn.cli.named import TECHNIQUES, observables, techniques, words
from qtn.errors import ArgumentError


@takes(circuit=CircuitFile, terms=Terms, recording=Recording, answer=Answer)
def mitigate_values(
    circuit: CircuitFile,
    terms: Terms,
    recording: Recording,
    answer: Answer,
    observable: Observables = None,
    technique: Annotated[
        list[str] | None,
        typer.Option(
            "--technique",
            help='Readout, "ZNE(factors=(1,3))", ...; default: auto, by the device.',
            autocompletion=words(*TECHNIQUES),
        ),
    ] = None,
) -> None:
    """Measure expectation values on a noisy device and remove what can be removed of the noise.

    \b
    Examples:
      qtn mitigate circuit.qasm --observable ZZ --technique Readout,ZNE --device FakeManilaV2
      qtn mitigate circuit.qasm --observable ZZI --device FakeAlgiers --dry-run
      qtn mitigate circuit.qasm --observable XX --technique "ZNE(fit='linear')" --json
      qtn mitigate circuit.qasm --observable ZZ --device ibm_torino --ledger runs
    """
    asked = observables(observable or ())
    if not asked:
        raise ArgumentError("Option --observable is missing: give for instance --observable ZZ.")
    mitigated(circuit, asked, techniques(technique or ["auto"]), terms, recording, answer)
