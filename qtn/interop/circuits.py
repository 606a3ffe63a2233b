"""Circuits in every form as plain data: the only reader, for all doors.

A circuit is a `QuantumCircuit`, a result that has one as `.circuit` (compiled, transpiled), or one
in OpenQASM 2 or 3, as text or as the path of a file. Here, and nowhere else, the order of digits
turns: the first qubit of a gate is the least significant digit of Qiskit's matrix and the most
significant one of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import transpile
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Operator
from qiskit.transpiler import TranspileLayout

from qtn._checks import fail
from qtn.errors import ArgumentError, FileError
from qtn.interop.qasm import from_qasm3, is_qasm_path, load_qasm3
from qtn.interop.unitary import with_unitary_gates
from qtn.states import MPS
from qtn.states.kernels.circuit import Gate, apply_gates, fuse_gates, route_gates
from qtn.states.kernels.work import refuse_above
from qtn.states.origin import Prepared

__all__ = [
    "GateList",
    "circuit_to_mps",
    "first_major",
    "gate_list",
    "is_text",
    "is_written",
    "operation_matrix",
    "own_qubits",
    "preparation",
    "read_circuit",
    "refuse_permuted",
]

MAX_BOND = 1024
FORMS = (
    "a QuantumCircuit, a compiled or transpiled result, or a circuit in OpenQASM as text or as "
    "the path of a file (.qasm, .qasm.xz, .qasm.gz)"
)
IDLE = frozenset({"barrier", "measure", "delay", "id"})
Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class GateList:
    """A circuit as plain data.

    Args:
        n: number of qubits.
        gates: pairs (qubits, matrix) with Qiskit's matrix: first qubit least significant.
        phase: e^{iφ} of the circuit and of all definitions that gates were taken apart by.
    """

    n: int
    gates: tuple[tuple[tuple[int, ...], Array], ...]
    phase: complex = 1.0

    @property
    def two_qubit(self) -> int:
        """Number of two-qubit gates."""
        return sum(len(qubits) == 2 for qubits, _ in self.gates)


def read_circuit(circuit: Any, name: str = "circuit", *, way_out: str = "") -> QuantumCircuit:
    """Return the circuit that an argument stands for, as it is.

    Args:
        circuit: a `QuantumCircuit`, an object that has one as `.circuit`, OpenQASM text, or the
            path of an OpenQASM file, which xz or gzip may have made smaller.
        name: of the argument, for error messages.
        way_out: what else the argument may be.

    Raises:
        ArgumentError: nothing of these, or text that is no circuit; with the reason.
        FileError: no file at that path, or none with a circuit.

    Example:
        >>> read_circuit('OPENQASM 3.0; qubit[2] q; U(0.1, 0, 0) q[1];').num_qubits
        2
    """
    if is_qasm_path(circuit):
        return load_qasm3(circuit)
    if is_text(circuit):
        try:
            return from_qasm3(circuit)
        except FileError as error:
            raise ArgumentError(f"Argument `{name}` is text, but no circuit. {error}") from error
    found = getattr(circuit, "circuit", circuit)
    if not isinstance(found, QuantumCircuit):
        raise fail(name, FORMS, circuit, way_out)
    return found


def is_text(circuit: Any) -> bool:
    """Say whether an argument is text of statements, as OpenQASM is, and not a name."""
    return isinstance(circuit, str) and ";" in circuit


def is_written(circuit: Any) -> bool:
    """Say whether an argument is a circuit in OpenQASM: its text, or the path of a file."""
    return is_text(circuit) or is_qasm_path(circuit)


def gate_list(circuit: Any, name: str = "circuit", *, own: bool = True) -> GateList:
    """Return the gates of a circuit in any form, on at most two qubits each.

    Final measurements are dropped and larger gates are taken apart by their definitions.

    Args:
        circuit: see `read_circuit`.
        name: of the argument, for error messages.
        own: bring a circuit that was transpiled to a device back to its own qubits; False leaves
            it on those of the device.

    Raises:
        ArgumentError: no circuit, free parameters, or operations that are not unitary.
    """
    circuit = read_circuit(circuit, name)
    _check_bound(circuit, name)
    _no_measurement_inside(circuit, name)
    order = own_qubits(circuit) if own else {k: k for k in range(circuit.num_qubits)}
    gates, phase = [], complex(1.0)
    for qubits, matrix in _gates(with_unitary_gates(circuit), range(circuit.num_qubits), name):
        if not set(qubits) <= set(order):
            raise ArgumentError(
                f"Argument `{name}` uses the ancilla qubits {qubits} of its device besides its "
                "own. Give the circuit before transpilation."
            )
        if qubits:
            gates.append((tuple(order[q] for q in qubits), matrix))
        else:
            phase *= complex(matrix[0, 0])
    return GateList(len(order), tuple(gates), phase)


def _gates(
    circuit: QuantumCircuit, where: Sequence[int], name: str
) -> Iterator[tuple[tuple[int, ...], Array]]:
    """Yield gates on one and two qubits, larger ones by their definitions; phases on none."""
    index = {bit: where[k] for k, bit in enumerate(circuit.qubits)}
    if circuit.global_phase:
        yield (), np.array([[np.exp(1j * float(circuit.global_phase))]])
    for item in circuit.data:
        operation = item.operation
        if operation.name in IDLE:
            continue
        qubits = tuple(index[q] for q in item.qubits)
        if len(qubits) > 2 and not item.clbits:
            yield from _gates(_taken_apart(operation, name), qubits, name)
            continue
        try:
            yield qubits, operation_matrix(operation)
        except Exception as error:
            raise ArgumentError(
                f"Argument `{name}` must hold unitary gates and final measurements, but has "
                f"{operation.name!r}. Give the unitary part only; channels come as `noise=` "
                "where there is such an argument."
            ) from error


def _taken_apart(operation: Any, name: str) -> QuantumCircuit:
    """Return a gate on more than two qubits as a circuit of smaller ones."""
    definition = getattr(operation, "definition", None)
    if isinstance(definition, QuantumCircuit):
        return definition
    alone = QuantumCircuit(operation.num_qubits)
    alone.append(operation, range(operation.num_qubits))
    try:
        return transpile(alone, basis_gates=["u", "cx"], optimization_level=0)
    except Exception as error:
        raise ArgumentError(
            f"Argument `{name}` holds the gate {operation.name!r} on {operation.num_qubits} "
            "qubits, which has no definition. Decompose the circuit into gates on one and two "
            "qubits first."
        ) from error


def operation_matrix(operation: Any) -> Array:
    """Return the matrix of a gate without free parameters, its first qubit least significant."""
    return np.asarray(Operator(operation).data)


def first_major(matrix: Array) -> Array:
    """Reorder a Qiskit matrix so that its first qubit is the most significant digit."""
    if len(matrix) == 4:
        swap = np.eye(4)[[0, 2, 1, 3]]
        return np.asarray(swap @ matrix @ swap)
    return np.asarray(matrix)


def own_qubits(circuit: QuantumCircuit) -> dict[int, int]:
    """Map circuit qubits to virtual qubits: the identity unless the circuit has a layout."""
    if circuit.layout is None or _is_of_hardware_qubits(circuit.layout):
        return {k: k for k in range(circuit.num_qubits)}
    final = circuit.layout.final_index_layout(filter_ancillas=True)
    return {physical: virtual for virtual, physical in enumerate(final)}


def _is_of_hardware_qubits(layout: TranspileLayout) -> bool:
    """Tell the layout of OpenQASM 3 with $0, $1, ...: qubits of no register, each at its place.

    Qiskit's `final_index_layout` looks for their register, and fails.
    """
    bits = layout.input_qubit_mapping
    return layout.final_layout is None and any(getattr(b, "_register", 0) is None for b in bits)


def refuse_permuted(circuit: Any) -> None:
    """Refuse observables on a circuit whose transpilation permuted as many qubits as it has.

    An observable of that width may mean the qubits before transpilation, as a target state does,
    or those of the device, as in `qtn.run` and in Qiskit's `apply_layout`; the two differ.

    Raises:
        ArgumentError: the circuit has such a layout.
    """
    circuit = read_circuit(circuit)
    order = own_qubits(circuit)
    if len(order) == circuit.num_qubits and any(p != v for p, v in order.items()):
        raise ArgumentError(
            "Argument `observables` may mean the qubits before or after the transpilation of "
            f"`circuit`, whose layout permutes its {len(order)} qubits. Give the circuit before "
            "transpilation."
        )


def _check_bound(circuit: QuantumCircuit, name: str) -> None:
    if circuit.num_qubits == 0:
        raise fail(name, "a circuit with qubits", circuit.name)
    if circuit.parameters:
        names = ", ".join(p.name for p in list(circuit.parameters)[:3])
        raise ArgumentError(
            f"Argument `{name}` has free parameters ({names}). "
            "Bind them first: circuit.assign_parameters(values)."
        )


def _no_measurement_inside(circuit: QuantumCircuit, name: str) -> None:
    done: set[Any] = set()
    for item in circuit.data:
        if item.operation.name == "barrier":
            continue
        if done.intersection(item.qubits):
            raise ArgumentError(
                f"Argument `{name}` goes on after a measurement. "
                "Give the part before the first measurement."
            )
        if item.operation.name == "measure":
            done.update(item.qubits)


def circuit_to_mps(
    circuit: Any,
    name: str = "circuit",
    *,
    cutoff: float = 1e-16,
    max_bond: int = MAX_BOND,
    own: bool = False,
    start: MPS | None = None,
) -> MPS:
    """Simulate a circuit from |0...0> as a matrix product state; qubit i becomes site i.

    Args:
        circuit: in any form, see `read_circuit`; no free parameters, no measurement except at the
            end.
        name: of the argument, for error messages.
        cutoff: relative squared weight that one truncation may lose.
        max_bond: largest bond dimension allowed.
        own: take a transpiled circuit on its own qubits, see `gate_list`.
        start: another state that it acts on, of as many sites.

    Returns:
        The normalised state, global phase included; from two qubits on its `origin` is a
        `Prepared`, unless it has a start or no gates.

    Raises:
        ArgumentError: free parameters, measurements or resets inside, or too much entanglement.

    Cost: O(χ³) per two-qubit gate and per site between its qubits.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0); _ = bell.cx(0, 1)
        >>> circuit_to_mps(bell).bonds
        (2,)
    """
    circuit = read_circuit(circuit, name)
    # Without measurements, and in the order of its layers, in which gates that commute may differ
    # from the order given.
    bare = circuit.remove_final_measurements(inplace=False) or circuit
    bare._layout = circuit.layout
    found = gate_list(bare, name, own=own)
    gates: list[Gate] = [(tuple(reversed(qubits)), matrix) for qubits, matrix in found.gates]
    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * found.n
    begin = zero if start is None else [t.astype(complex) for t in start.normalised().tensors]
    watch = refuse_above(max_bond)
    build = apply_gates(begin, gates, center=0, cutoff=cutoff, method="svd", watch=watch)
    origin = preparation(gates, found.n) if start is None else None
    if origin is not None:
        origin = replace(origin, rounding=build.distance)
    first, *others = build.tensors
    return MPS((found.phase * first, *others), origin=origin).normalised()


def preparation(gates: list[Gate], n: int) -> Prepared | None:
    """Return the origin of a state that gates prepare; None on one qubit or without gates.

    Fuse gates into blocks; a gate on a qubit of its own joins one with its neighbour."""
    if n == 1 or not gates:
        return None
    single, pairs = fuse_gates(route_gates(gates, 2), 2)
    for site, matrix in single.items():
        alone = (site, site + 1), np.kron(matrix, np.eye(2))
        pairs.append(alone if site == 0 else ((site - 1, site), np.kron(np.eye(2), matrix)))
    blocks = np.array([matrix for _, matrix in pairs], complex).reshape(-1, 4, 4)
    return Prepared(tuple(sites[0] for sites, _ in pairs), blocks, tuple(gates))
