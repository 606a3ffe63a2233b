"""Exact values of native circuits by matrix product states: the classical twin."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit

from qtn.devices import Transpiled
from qtn.devices.tensor.ordering import chain_order
from qtn.errors import ArgumentError
from qtn.interop.circuits import first_major, operation_matrix
from qtn.states.kernels.circuit import Gate, apply_gates
from qtn.states.operators import FACTORS, Term

Complex = NDArray[np.complex128]
MAX_LOST = 1e-6  # relative squared weight that truncation may lose in a "exact" value


def ideal_values(
    native: Transpiled, terms: Sequence[Term], *, max_bond: int = 256, cutoff: float = 1e-12
) -> NDArray[np.float64]:
    """Return the noiseless values of terms (without coefficients) after a native circuit.

    Args:
        native: a circuit of one- and two-qubit gates on a device, and where its qubits are.
        terms: products on the circuit's own qubits.
        max_bond: largest bond dimension of the matrix product state.
        cutoff: relative squared weight that one truncation may lose.

    Returns:
        (terms,) values.

    Raises:
        ArgumentError: the state does not fit into `max_bond`.

    Cost: gates × χ³, then χ³ per site between the first and the last of each term.
    """
    order, gates = chain_gates(native.circuit)
    site = {qubit: k for k, qubit in enumerate(order)}
    start = np.array([1.0 + 0j, 0.0]).reshape(1, 2, 1)
    if not order:  # nothing but |0…0>
        return np.array([np.prod([FACTORS[f][0, 0].real for _, f in t.factors]) for t in terms])
    build = apply_gates([start] * len(order), gates, max_bond=max_bond, cutoff=cutoff)
    if build.discarded.sum() > MAX_LOST:
        raise ArgumentError(
            f"The circuit has no classical twin at bond dimension {max_bond}: simulating it loses "
            f"a weight of {build.discarded.sum():.1e}. Use a technique without training circuits."
        )
    products, factors = [], []
    for term in terms:
        placed, factor = {}, 1.0
        for qubit, letter in term.factors:
            physical = native.qubits[qubit]
            if physical in site:
                placed[site[physical]] = FACTORS[letter]
            else:
                factor *= FACTORS[letter][0, 0].real  # an untouched qubit is in |0>
        products.append(placed)
        factors.append(factor)
    norm, *values = _sandwiches(build.tensors, [{}, *products])
    return np.array(factors) * values / norm


def chain_gates(circuit: QuantumCircuit) -> tuple[tuple[int, ...], list[Gate]]:
    """Return device qubits in chain order, and the gates on sites of that chain.

    Raises:
        ArgumentError: a gate on more than two qubits, or without a matrix.
    """
    index = {qubit: k for k, qubit in enumerate(circuit.qubits)}
    found: list[tuple[tuple[int, ...], NDArray[np.complex128]]] = []
    for instruction in circuit.data:
        if instruction.operation.name in ("barrier", "delay", "measure"):
            continue
        qubits = tuple(index[q] for q in instruction.qubits)
        if len(qubits) > 2 or instruction.clbits:
            raise ArgumentError(
                f"The gate `{instruction.operation.name}` on {len(qubits)} qubits cannot be "
                "simulated by a chain. Transpile the circuit to one- and two-qubit gates."
            )
        found.append((qubits, first_major(operation_matrix(instruction.operation))))
    used = [q for qubits, _ in found for q in qubits]
    order = chain_order(used, [(q[0], q[1]) for q, _ in found if len(q) == 2])
    site = {q: k for k, q in enumerate(order)}
    return order, [(tuple(site[q] for q in qubits), matrix) for qubits, matrix in found]


def _sandwiches(tensors: Sequence[Complex], inserted: Sequence[dict[int, Complex]]) -> list[float]:
    """<ψ| ⊗ inserted |ψ> of several products; what lies beside a product is contracted once."""
    left, right = [np.ones((1, 1), dtype=complex)], [np.ones((1, 1), dtype=complex)]
    for tensor in tensors:
        left.append(_step(left[-1], tensor, tensor))
    for tensor in reversed(tensors):
        half = np.tensordot(tensor, right[-1], axes=(2, 1))
        right.append(np.tensordot(tensor.conj(), half, axes=((1, 2), (1, 2))))
    values = []
    for product in inserted:
        first, last = (min(product), max(product)) if product else (0, -1)
        block = left[first]
        for k in range(first, last + 1):
            ket = tensors[k]
            if k in product:
                ket = np.einsum("ps,asb->apb", product[k], ket)
            block = _step(block, tensors[k], ket)
        values.append(float((block * right[len(tensors) - 1 - last]).sum().real))
    return values


def _step(block: Complex, bra: Complex, ket: Complex) -> Complex:
    """Take one more site into a block (bra, ket) from the left."""
    half = np.tensordot(block, ket, axes=(1, 0))
    return np.asarray(np.tensordot(bra.conj(), half, axes=((0, 1), (0, 1))))
