"""Pauli twirling of native two-qubit gates: random Paulis before, the matching ones after.

For a Clifford gate U and a Pauli P, U P = (U P U†) U: inserting P before and Q = U P U† after
leaves the unitary as it is, but averaged over P turns the gate's error into a Pauli channel. The
Paulis merge into neighbouring one-qubit gates, so that the cost is small but not nothing.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from qiskit import QuantumCircuit
from qiskit.circuit import CircuitInstruction, Gate
from qiskit.circuit.library import RZGate, XGate, get_standard_gate_name_mapping

from qtn._checks import positive_int
from qtn.interop.circuits import operation_matrix
from qtn.mitigation.techniques.base import Context, Technique, Variant, merged
from qtn.states.operators import FACTORS

PAULIS = "IXYZ"
_LIBRARY = "qiskit.circuit.library.standard_gates."
_NAMES = frozenset(get_standard_gate_name_mapping())  # without variants such as cx_o0
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True, repr=False)
class Twirl(Technique):
    """Average over random Pauli twirls of the two-qubit gates.

    Args:
        copies: random circuits per circuit; the shots are split among them.

    Twirling alone is no mitigation: it makes the noise simpler, and costs one-qubit gates. It can
    make values worse where the noise is already stochastic; measure before use.

    Reference: Wallman & Emerson, arXiv:1512.01098.
    """

    stage: ClassVar[str] = "insert"

    copies: int = 16

    def __post_init__(self) -> None:
        positive_int("copies", self.copies, maximum=10_000)

    def dress(self, variant: Variant, context: Context) -> Sequence[Variant]:
        """Return `copies` twirled circuits."""
        return [
            replace(
                variant,
                circuit=merged(twirled(variant.circuit, context.rng), context.executor),
            )
            for _ in range(self.copies)
        ]


def twirled(circuit: QuantumCircuit, rng: np.random.Generator) -> QuantumCircuit:
    """Return the circuit with one random Pauli twirl of every two-qubit gate that has one.

    Cost: one pass.
    """
    out = circuit.copy_empty_like()
    for instruction in circuit.data:
        pairs = twirl_pairs(instruction.operation) if len(instruction.qubits) == 2 else ()
        if not pairs:
            out.append(instruction, copy=False)
            continue
        before, after = pairs[int(rng.integers(len(pairs)))]
        append_paulis(out, before, instruction)
        out.append(instruction, copy=False)
        append_paulis(out, after, instruction)
    return out


def append_paulis(circuit: QuantumCircuit, pair: Pair, like: CircuitInstruction) -> None:
    """Append a Pauli per qubit of `like`, written with RZ and X."""
    for letter, qubit in zip(pair, like.qubits, strict=True):
        if letter in "YZ":
            circuit.append(RZGate(math.pi), (qubit,), copy=False)
        if letter in "XY":
            circuit.append(XGate(), (qubit,), copy=False)


def twirl_pairs(gate: Gate) -> tuple[tuple[Pair, Pair], ...]:
    """Return all (before, after) Pauli pairs that leave a two-qubit gate as it is.

    Letters are in the order of the gate's qubits. Empty for gates with free parameters.

    Example:
        >>> from qiskit.circuit.library import CXGate
        >>> (("X", "I"), ("X", "X")) in twirl_pairs(CXGate())
        True
    """
    if gate.name == "barrier" or gate.name == "delay" or gate.num_qubits != 2:
        return ()
    try:
        parameters = tuple(float(p) for p in gate.params)
    except TypeError:
        return ()
    kind = gate.base_class
    if gate.name in _NAMES and kind.__module__.startswith(_LIBRARY):
        return _standard_pairs(kind, parameters)
    return _pairs(gate)


@functools.lru_cache(maxsize=256)
def _standard_pairs(
    kind: type[Gate], parameters: tuple[float, ...]
) -> tuple[tuple[Pair, Pair], ...]:
    """Pairs of a gate of Qiskit's library, which its class and angles determine."""
    return _pairs(kind(*parameters))


def _pairs(gate: Gate) -> tuple[tuple[Pair, Pair], ...]:
    matrix = operation_matrix(gate)
    found = []
    for before in itertools.product(PAULIS, repeat=2):
        image = matrix @ pauli_pair(before) @ matrix.conj().T
        for after in itertools.product(PAULIS, repeat=2):
            overlap = abs(np.trace(pauli_pair(after).conj().T @ image)) / 4
            if overlap > 1 - 1e-9:
                found.append((before, after))
    return tuple(found)  # type: ignore[arg-type]


def pauli_pair(letters: tuple[str, ...]) -> NDArray[np.complex128]:
    """Return the matrix of two letters; the first acts on the least significant qubit."""
    return np.asarray(np.kron(FACTORS[letters[1]], FACTORS[letters[0]]), dtype=np.complex128)
