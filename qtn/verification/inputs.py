"""What can be verified: circuits, targets and observables in the forms that people have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator

from qtn._checks import fail
from qtn.errors import ArgumentError
from qtn.interop.observables import listed, terms_of
from qtn.interop.targets import read_state
from qtn.interop.unitary import with_unitary_gates
from qtn.states import MPS
from qtn.states.operators import FACTORS, Term, weight_bound

__all__ = [
    "FACTORS",
    "GateList",
    "Product",
    "Term",
    "gate_list",
    "observable_terms",
    "own_qubits",
    "refuse_permuted",
    "target_state",
    "weight_bound",
]

Array = NDArray[Any]
Product = Term


@dataclass(frozen=True, slots=True)
class GateList:
    """A circuit as plain data.

    Attributes:
        n: Number of qubits.
        gates: Pairs (qubits, matrix) with Qiskit's matrix: first qubit least significant.
    """

    n: int
    gates: tuple[tuple[tuple[int, ...], Array], ...]

    @property
    def two_qubit(self) -> int:
        """Number of two-qubit gates."""
        return sum(len(qubits) == 2 for qubits, _ in self.gates)


def gate_list(circuit: Any) -> GateList:
    """Return the gates of a `QuantumCircuit` (or of an object with `.circuit`).

    Final measurements are dropped, gates on three or more qubits decomposed, and a circuit that
    was transpiled to a device is brought back to its own qubits.

    Raises:
        ArgumentError: For another type, free parameters, or operations that are not unitary.
    """
    circuit = getattr(circuit, "circuit", circuit)
    if not isinstance(circuit, QuantumCircuit):
        raise fail("circuit", "a QuantumCircuit, or counts together with a target state", circuit)
    if circuit.parameters:
        names = ", ".join(p.name for p in list(circuit.parameters)[:3])
        raise ArgumentError(
            f"Argument `circuit` has free parameters ({names}). "
            "Bind them first: circuit.assign_parameters(values)."
        )
    order = own_qubits(circuit)
    circuit = with_unitary_gates(circuit)
    if any(i.operation.num_qubits > 2 and i.operation.name != "barrier" for i in circuit.data):
        circuit = transpile(circuit, basis_gates=["u", "cx"], optimization_level=0)
    index = {bit: k for k, bit in enumerate(circuit.qubits)}
    gates = []
    for item in circuit.data:
        name = item.operation.name
        if name in ("barrier", "measure", "delay", "id"):
            continue
        try:
            matrix = np.asarray(Operator(item.operation).data)
        except Exception as error:
            raise ArgumentError(
                f"Argument `circuit` must hold unitary gates and final measurements, but has "
                f"{name!r}. Give `noise=` for channels; remove resets and conditions."
            ) from error
        qubits = tuple(index[q] for q in item.qubits)
        if not set(qubits) <= set(order):
            raise ArgumentError(
                f"Argument `circuit` uses the ancilla qubits {qubits} of its device besides its "
                "own. Verify the circuit before transpilation."
            )
        gates.append((tuple(order[q] for q in qubits), matrix))
    _no_measurement_inside(circuit)
    return GateList(len(order), tuple(gates))


def own_qubits(circuit: QuantumCircuit) -> dict[int, int]:
    """Map circuit qubits to virtual qubits: the identity unless the circuit has a layout."""
    if circuit.layout is None:
        return {k: k for k in range(circuit.num_qubits)}
    final = circuit.layout.final_index_layout(filter_ancillas=True)
    return {physical: virtual for virtual, physical in enumerate(final)}


def refuse_permuted(circuit: Any) -> None:
    """Refuse observables on a circuit whose transpilation permuted as many qubits as it has.

    An observable of that width may mean the qubits before transpilation, as a target state does,
    or those of the device, as in `qtn.run` and in Qiskit's `apply_layout`; the two differ.

    Raises:
        ArgumentError: The circuit has such a layout.
    """
    circuit = getattr(circuit, "circuit", circuit)
    if not isinstance(circuit, QuantumCircuit) or circuit.layout is None:
        return
    order = own_qubits(circuit)
    if len(order) == circuit.num_qubits and any(p != v for p, v in order.items()):
        raise ArgumentError(
            "Argument `observables` may mean the qubits before or after the transpilation of "
            f"`circuit`, whose layout permutes its {len(order)} qubits. Give the circuit before "
            "transpilation."
        )


def _no_measurement_inside(circuit: QuantumCircuit) -> None:
    done: set[Any] = set()
    for item in circuit.data:
        if item.operation.name == "barrier":
            continue
        if done.intersection(item.qubits):
            raise ArgumentError(
                "Argument `circuit` goes on after a measurement. "
                "Verify the part before the first measurement."
            )
        if item.operation.name == "measure":
            done.update(item.qubits)


def target_state(target: Any) -> MPS:
    """Return a normalised MPS for a target in any accepted form.

    Accepted: all that `qtn.compile` takes (see `qtn.interop.targets.read_state`), of any norm.

    Raises:
        ArgumentError: For anything else, and for the zero vector.
    """
    return read_state(target).normalised()


def observable_terms(observables: Any, n: int) -> list[list[Term]]:
    """Return the product terms of each observable.

    Args:
        observables: One observable in any form of `qtn.interop.observables`, or several.
        n: Number of qubits they must have.

    Raises:
        ArgumentError: For another type, width, or a complex coefficient.
    """
    return [terms_of(one, n, "observables") for one in listed(observables)]
