"""Virtual distillation called by itself: the technique, planned, run and estimated."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from qiskit import QuantumCircuit

from qtn._checks import fail, items, positive_int
from qtn.devices import Budget
from qtn.estimate import Estimate
from qtn.interop.observables import ObservableLike
from qtn.mitigation.measuring import measure
from qtn.mitigation.planning import SUCH_AS, plan
from qtn.mitigation.techniques.base import Technique
from qtn.mitigation.techniques.distillation import VirtualDistillation


def virtual_distillation(
    circuit: QuantumCircuit,
    observable: ObservableLike,
    techniques: Technique | Iterable[Technique] = (),
    *,
    device: Any,
    shots: int = 4096,
    seed: int = 0,
    budget: Budget | None = None,
) -> Estimate:
    """Measure one-qubit observables in the distilled state ρ² / Tr ρ².

    The same as `mitigate` with `VirtualDistillation()` among its techniques.

    Args:
        circuit: on n qubits, without free parameters; measurements at its end change nothing.
        observable: a sum of one-qubit Pauli terms.
        techniques: empty or `Readout()`, which corrects the outcomes of both copies by tensored
            inverse confusions; other techniques act on one copy and are refused.
        device: anything that `qtn.run` takes, with at least 2 n qubits.
        shots: executions per measurement basis.
        seed: seed of simulation and transpilation.
        budget: the most that all circuits, calibration included, may take together.

    Returns:
        Value and standard error (of the ratio, propagated with the covariance).

    Raises:
        ArgumentError: a term on more than one qubit, free parameters, measurements before the end,
            or another technique.
        DeviceError: tr ρ² is not distinguishable from 0 with these shots.

    Cost: one circuit of 2 n qubits per basis, and two to calibrate them all; the variance grows as
        1 / (Tr ρ²)².

    Example:
        >>> flipped = QuantumCircuit(1); _ = flipped.x(0)
        >>> virtual_distillation(flipped, "Z", device="aer", shots=100).value
        -1.0

    Reference: Huggins et al., arXiv:2011.07064; Koczor, arXiv:2011.05942.
    """
    positive_int("shots", shots)
    if isinstance(circuit, QuantumCircuit) and circuit.num_parameters:
        raise fail("circuit", "without free parameters", circuit.name, "Bind them first.")
    listed = (
        [techniques]
        if isinstance(techniques, Technique)
        else items("techniques", techniques, SUCH_AS)
    )
    prepared = plan(
        circuit, observable, [VirtualDistillation(), *listed],
        device=device, shots=shots, seed=seed, budget=budget,
    )  # fmt: skip
    return measure(prepared, progress=False).estimate()
