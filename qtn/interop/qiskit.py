"""Qiskit circuits as matrix product states."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from qiskit.circuit import QuantumCircuit
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.interop.unitary import with_unitary_gates
from qtn.states import MPS
from qtn.states.kernels.circuit import Gate, apply_gates, fuse_gates, route_gates
from qtn.states.kernels.work import refuse_above
from qtn.states.origin import Prepared

MAX_BOND = 1024


def circuit_to_mps(
    circuit: QuantumCircuit, *, cutoff: float = 1e-16, max_bond: int = MAX_BOND
) -> MPS:
    """Simulate a circuit from |0...0> as a matrix product state; qubit i becomes site i.

    Args:
        circuit: one- and two-qubit gates (larger gates are decomposed), no free parameters, no
            measurement except at the end.
        cutoff: relative squared weight that one truncation may lose.
        max_bond: largest bond dimension allowed.

    Returns:
        The normalised state; from two qubits on its `origin` is a `Prepared`.

    Raises:
        ArgumentError: free parameters, measurements or resets inside, or too much entanglement.

    Cost: O(χ³) per two-qubit gate and per site between its qubits.

    Example:
        >>> bell = QuantumCircuit(2)
        >>> _ = bell.h(0); _ = bell.cx(0, 1)
        >>> circuit_to_mps(bell).bonds
        (2,)
    """
    if circuit.num_qubits == 0:
        raise ArgumentError("The circuit has no qubits. Give one with at least one qubit.")
    if circuit.parameters:
        names = ", ".join(sorted(p.name for p in circuit.parameters)[:3])
        raise ArgumentError(
            f"The circuit has {len(circuit.parameters)} free parameters ({names}, ...). "
            "Bind them first with circuit.assign_parameters(values)."
        )
    bare = circuit.remove_final_measurements(inplace=False) or circuit
    zero = [np.array([1.0, 0.0], dtype=complex).reshape(1, 2, 1)] * circuit.num_qubits
    gates = list(_gates(with_unitary_gates(bare), list(range(circuit.num_qubits))))
    watch = refuse_above(max_bond)
    build = apply_gates(zero, gates, center=0, cutoff=cutoff, method="svd", watch=watch)
    return MPS(build.tensors, origin=_preparation(gates, circuit.num_qubits)).normalised()


def _preparation(gates: list[Gate], n: int) -> Prepared | None:
    """Fuse gates into blocks; a gate on a qubit of its own joins one with its neighbour."""
    if n == 1:
        return None
    single, pairs = fuse_gates(route_gates(gates, 2), 2)
    for site, matrix in single.items():
        alone = (site, site + 1), np.kron(matrix, np.eye(2))
        pairs.append(alone if site == 0 else ((site - 1, site), np.kron(np.eye(2), matrix)))
    blocks = np.array([matrix for _, matrix in pairs], complex).reshape(-1, 4, 4)
    return Prepared(tuple(sites[0] for sites, _ in pairs), blocks)


def _gates(circuit: QuantumCircuit, where: list[int]) -> Iterator[Gate]:
    """Yield gates as the chain kernels take them, larger ones by their definitions."""
    for item in circuit.data:
        qubits = [where[circuit.find_bit(q).index] for q in item.qubits]
        operation = item.operation
        if operation.name in ("barrier", "delay"):
            continue
        if item.clbits or operation.name in ("measure", "reset", "initialize", "if_else"):
            raise ArgumentError(
                f"The circuit holds `{operation.name}`, which has no state vector. "
                "Give the unitary part only."
            )
        if len(qubits) in (1, 2):
            # Qiskit's index has the first qubit least significant, ours most.
            yield tuple(reversed(qubits)), Operator(operation).data
        elif operation.definition is not None:
            yield from _gates(operation.definition, qubits)
        elif qubits:
            raise ArgumentError(
                f"The gate `{operation.name}` acts on {len(qubits)} qubits and has no definition. "
                "Decompose the circuit into gates on one and two qubits first."
            )
