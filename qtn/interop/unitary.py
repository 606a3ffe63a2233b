"""Gates that mean one thing to every reader: unitary matrices made exact, evolutions synthesised.

Qiskit takes a `UnitaryGate` whose UᴴU differs from 1 by 1e-8, but its own decompositions stop at
less, and every matrix product makes the error grow. The unitary factor of the polar decomposition
U = VP is the unitary matrix nearest to U in every unitarily invariant norm.

A `PauliEvolutionGate` stands for e^{-itH} as a matrix and for a product formula as a circuit. What
runs on a device is the product formula, with its error, so every door takes that one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import AnnotatedOperation, ControlFlowOp, Gate, Instruction
from qiskit.circuit.library import (
    PauliEvolutionGate,
    UnitaryGate,
    get_standard_gate_name_mapping,
)

from qtn._checks import finite_array
from qtn.errors import ArgumentError

__all__ = ["nearest_unitary", "with_unitary_gates"]

ENTRY = 1e-8  # error of one entry that is taken for rounding
UNTOUCHED = 1e-14  # distance below which a matrix stays as it is
PLAIN = frozenset(get_standard_gate_name_mapping()) | {"barrier", "initialize", "global_phase"}


def nearest_unitary(matrix: Any) -> NDArray[np.complex128]:
    """Return the unitary matrix nearest to `matrix`: V of the polar decomposition U = VP.

    Args:
        matrix: square, with entries accurate to 1e-8: every singular value lies within
            1e-8 × dimension of 1.

    Returns:
        V = W Xᴴ of the singular value decomposition U = W S Xᴴ.

    Raises:
        ArgumentError: not square, not finite, or farther from every unitary matrix than that; the
            message names the distance max |σ - 1|.

    Cost: O(dimension³).

    Example:
        >>> nearest_unitary([[1, 0], [0, 1 + 1e-9]]).real
        array([[1., 0.],
               [0., 1.]])

    Reference: Fan, Hoffman, Proc. Am. Math. Soc. 6, 111 (1955).
    """
    array = finite_array("matrix", matrix, ndim=2)
    if array.shape[0] != array.shape[1]:
        raise ArgumentError(f"Argument `matrix` must be square, but has shape {array.shape}.")
    left, values, right = np.linalg.svd(array.astype(np.complex128))
    distance, limit = float(np.max(np.abs(values - 1.0))), ENTRY * len(array)
    if distance > limit:
        raise ArgumentError(
            f"The matrix of a gate on {len(array).bit_length() - 1} qubits is {distance:.3g} away "
            f"from the nearest unitary matrix, more than the {limit:.1g} that pass for rounding. "
            "If that one is meant, take it first: u, _, v = numpy.linalg.svd(matrix); u @ v."
        )
    if distance <= UNTOUCHED * len(array):
        return array.astype(np.complex128)
    return np.asarray(left @ right, dtype=np.complex128)


def with_unitary_gates(circuit: QuantumCircuit) -> QuantumCircuit:
    """Return the circuit with every `UnitaryGate` exactly unitary and every evolution synthesised.

    The matrix of a `UnitaryGate` is replaced by the nearest unitary, a `PauliEvolutionGate` by its
    own product formula.

    Gates made of circuits, modified gates and the bodies of conditions and loops are looked into
    (a controlled gate is made of exact gates by Qiskit itself). The circuit itself comes back if
    there is nothing to replace; it is never changed.

    Raises:
        ArgumentError: a matrix that is not unitary within rounding.

    Cost: one count of the gates' names, O(gates) more if there are matrices.

    Example:
        >>> circuit = QuantumCircuit(1)
        >>> _ = circuit.unitary([[1, 0], [0, 1 + 1e-9]], [0])
        >>> with_unitary_gates(circuit).data[0].matrix[1, 1].real
        np.float64(1.0)
    """
    if PLAIN.issuperset(circuit.count_ops()):
        return circuit
    changed = False
    exact = circuit.copy_empty_like()
    for item in circuit.data:
        given = item.operation
        operation = _mended(given)
        changed = changed or operation is not given
        exact.append(operation, item.qubits, item.clbits, copy=False)
    return exact if changed else circuit


def _mended(operation: Any) -> Any:
    """Return the operation with unitary matrices: itself where they are so already."""
    if operation.name in PLAIN:
        return operation
    if isinstance(operation, UnitaryGate):
        matrix = operation.params[0]
        exact = nearest_unitary(matrix)
        same = np.array_equal(exact, matrix)
        return operation if same else UnitaryGate(exact, label=operation.label)
    if isinstance(operation, PauliEvolutionGate):
        return with_unitary_gates(operation.definition).to_gate(label=operation.label)
    if isinstance(operation, ControlFlowOp):
        blocks = tuple(with_unitary_gates(block) for block in operation.blocks)
        same = all(new is old for new, old in zip(blocks, operation.blocks, strict=True))
        return operation if same else operation.replace_blocks(blocks)
    if isinstance(operation, AnnotatedOperation):
        base = _mended(operation.base_op)
        same = base is operation.base_op
        return operation if same else AnnotatedOperation(base, operation.modifiers)
    if type(operation) in (Gate, Instruction) and operation.definition is not None:
        inner = with_unitary_gates(operation.definition)
        if inner is not operation.definition:
            operation = operation.copy()
            operation.definition = inner
    return operation
