"""What can be verified: circuits, targets and observables in the forms that people have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit, transpile
from qiskit.quantum_info import Operator, SparseObservable, SparsePauliOp

from qtn._checks import fail, items
from qtn.errors import ArgumentError
from qtn.interop.targets import read_state
from qtn.interop.unitary import with_unitary_gates
from qtn.states import MPS

Array = NDArray[Any]
SQUARE = np.sqrt(0.5)
FACTORS: dict[str, Array] = {
    "X": np.array([[0, 1], [1, 0]], dtype=complex),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.array([[1, 0], [0, -1]], dtype=complex),
    "0": np.array([[1, 0], [0, 0]], dtype=complex),
    "1": np.array([[0, 0], [0, 1]], dtype=complex),
    "+": np.array([[1, 1], [1, 1]], dtype=complex) / 2,
    "-": np.array([[1, -1], [-1, 1]], dtype=complex) / 2,
    "r": np.array([[1, -1j], [1j, 1]]) / 2,
    "l": np.array([[1, 1j], [-1j, 1]]) / 2,
}


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


@dataclass(frozen=True, slots=True)
class Product:
    """A coefficient times one-qubit factors, named as in Qiskit's sparse observables."""

    coefficient: float
    factors: tuple[tuple[int, str], ...]

    @property
    def qubits(self) -> tuple[int, ...]:
        """Qubits with a factor other than the identity."""
        return tuple(q for q, _ in self.factors)


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


def observable_terms(observables: Any, n: int) -> list[list[Product]]:
    """Return the product terms of each observable.

    Args:
        observables: A Pauli label, `SparsePauliOp`, `SparseObservable`, or a sequence of these.
        n: Number of qubits they must have.

    Raises:
        ArgumentError: For another type, width, or a complex coefficient.
    """
    single = isinstance(observables, str | SparsePauliOp | SparseObservable)
    given = [observables] if single else items("observables", observables, "a list of observables")
    if not given:
        raise fail("observables", "a non-empty list of observables", observables)
    return [_terms(item, n) for item in given]


def _terms(item: Any, n: int) -> list[Product]:
    if isinstance(item, str):
        try:
            item = SparseObservable.from_label(item)
        except Exception as error:
            raise fail("observables", "labels of I, X, Y, Z, 0, 1, +, -, r, l", item) from error
    if isinstance(item, SparsePauliOp):
        item = SparseObservable.from_sparse_pauli_op(item)
    if not isinstance(item, SparseObservable):
        raise fail("observables", "labels, SparsePauliOp or SparseObservable", item)
    if item.num_qubits != n:
        raise ArgumentError(
            f"Argument `observables` has an observable on {item.num_qubits} qubits, but the "
            f"circuit has {n}."
        )
    terms = []
    for term in item.simplify():
        coefficient = complex(term.coeff)
        if abs(coefficient.imag) > 1e-12 * max(1.0, abs(coefficient)):
            raise fail("observables", "Hermitian (real coefficients)", coefficient)
        letters = term.bit_labels()
        factors = tuple(zip((int(q) for q in term.indices), letters, strict=True))
        terms.append(Product(coefficient.real, factors))
    return terms


def weight_bound(terms: Sequence[Product]) -> float:
    """Return Σ |c|, an upper bound of the operator norm."""
    return float(sum(abs(t.coefficient) for t in terms))
