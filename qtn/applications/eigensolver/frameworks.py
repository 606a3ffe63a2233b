"""Energies and gradients as Qiskit and PennyLane compute them, for the same circuit and angles."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from qtn._optional import require
from qtn.applications.eigensolver.rotations import AngleEnergy
from qtn.errors import ArgumentError
from qtn.interop.observables import pauli_operator
from qtn.interop.pennylane import operator_to_pennylane, to_pennylane

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

Floats = NDArray[np.float64]
Function = Callable[[Floats], tuple[float, Floats]]
FRAMEWORKS = ("qtn", "qiskit", "pennylane")


def energy_in(framework: str, circuit: QuantumCircuit, hamiltonian: Any) -> Function:
    """Return the energy and its gradient as a function of the angles of a circuit.

    Args:
        framework: "qtn" (adjoint differentiation here), "qiskit" (the shift rule by
            `StatevectorEstimator`) or "pennylane" (adjoint differentiation on `lightning.qubit`,
            backpropagation on `default.qubit` without it).
        circuit: see `AngleEnergy`.
        hamiltonian: an observable on its qubits.

    Raises:
        ArgumentError: see `AngleEnergy`; for "qiskit" also a parameter in several gates.
        MissingExtraError: PennyLane is not installed.
    """
    own = AngleEnergy(circuit, hamiltonian)
    if framework == "qtn":
        return own
    operator = pauli_operator(own.energy.observable)
    if framework == "qiskit":
        seen = [k for gate in own.gates for k in gate.angles]
        if len(seen) != len(set(seen)):
            raise ArgumentError(
                "Argument `circuit` has a parameter in several gates, for which the shift rule of "
                'framework="qiskit" does not hold. Take framework="qtn" or "pennylane".'
            )
        return _in_qiskit(circuit, operator)
    return _in_pennylane(circuit, operator)


def _in_qiskit(circuit: QuantumCircuit, operator: Any) -> Function:
    """Every angle turns a Pauli rotation: dE/dθ = (E(θ + π/2) - E(θ - π/2))/2."""
    from qiskit.primitives import StatevectorEstimator

    estimator = StatevectorEstimator()

    def energy(angles: Floats) -> tuple[float, Floats]:
        shifts = 0.5 * np.pi * np.eye(len(angles))
        rows = np.concatenate([angles[None], angles + shifts, angles - shifts])
        values = np.asarray(estimator.run([(circuit, operator, rows)]).result()[0].data.evs)
        up, down = np.split(values[1:], 2)
        return float(values[0]), (up - down) / 2.0

    return energy


def _in_pennylane(circuit: QuantumCircuit, operator: Any) -> Function:
    qml = require("pennylane", "pennylane")
    from pennylane import numpy as trainable

    apply, h, n = to_pennylane(circuit), operator_to_pennylane(operator), circuit.num_qubits
    try:
        node = qml.QNode(_measured(apply, h), qml.device("lightning.qubit", wires=n), "auto",
                         diff_method="adjoint")  # fmt: skip
    except qml.exceptions.DeviceError:  # it comes in a package of its own
        node = qml.QNode(_measured(apply, h), qml.device("default.qubit", wires=n))
    slope = qml.grad(node)

    def energy(angles: Floats) -> tuple[float, Floats]:
        values = trainable.array(angles, requires_grad=True)
        gradient = np.asarray(slope(values))
        return float(slope.forward), gradient

    return energy


def _measured(apply: Callable[..., None], h: Any) -> Callable[[Any], Any]:
    qml = require("pennylane", "pennylane")

    def circuit(values: Any) -> Any:
        apply(values)
        return qml.expval(h)

    return circuit
