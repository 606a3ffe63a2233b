"""Do two circuits do the same? Process fidelity by a matrix product operator.

F = |Tr(U V†)|² / 4^n is 1 exactly when U and V agree up to a global phase. The operator U V† is
grown from the middle, gates of U on one side and of V on the other, so that it stays near the
identity and its bond small if the circuits agree.

Reference: A. Sander, L. Burgholzer and R. Wille, "Equivalence checking of quantum circuits via
intermediary matrix product operator" (2025); here with the error bound of the truncations.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._random import generator
from qtn.errors import VerificationError
from qtn.interop.circuits import GateList, first_major
from qtn.states.kernels.circuit import Gate, apply_gates, on_outputs
from qtn.verification.engines.base import Answer, Interval, Question, fidelity_interval
from qtn.verification.engines.prepared import PER_GATE
from qtn.verification.engines.quimb_state import QuimbState, inner
from qtn.verification.limits import Limits

Array = NDArray[Any]
ONE = np.eye(2)


@dataclass(frozen=True, slots=True)
class Operators:
    """Two circuits compared as operators.

    Args:
        both: whether quimb is asked too, on random product inputs.
    """

    both: bool

    @property
    def name(self) -> str:
        """The chain of the operator, and quimb where it is asked."""
        return "operator + quimb" if self.both else "operator"

    def ask(self, question: Question) -> Answer:
        """Return the process fidelity."""
        assert question.other is not None
        circuits, limits = (question.gates, question.other), question.limits
        interval, bond = process_fidelity(*circuits, limits)
        why = "process fidelity |Tr(U V†)|²/4^n by a matrix product operator"
        if self.both:
            compare_equivalence(interval, random_input_fidelities(*circuits, limits))
            why += "; random product inputs agree"
        memory = 64 * question.gates.n * bond**2
        return Answer(self.name, why, interval, (), bond, memory, self.both)


def process_fidelity(first: GateList, second: GateList, limits: Limits) -> tuple[Interval, int]:
    """Return |Tr(U V†)|² / 4^n with its interval, and the largest bond met.

    Args:
        first: gates of U.
        second: gates of V, on as many qubits.
        limits: bond cap and cutoff.

    Raises:
        VerificationError: if truncation lost too much of the operator.

    Cost:
        O(gates · 64 χ³); χ = 1 if the circuits are the same gate by gate.
    """
    start = [np.eye(2, dtype=complex).reshape(1, 4, 1) * math.sqrt(0.5)] * first.n
    gates = interleaved(first, second)
    build = apply_gates(
        start, gates, center=0, max_bond=limits.max_bond, cutoff=limits.cutoff, method="svd"
    )
    if build.fidelity < 0.5:
        raise VerificationError(
            f"The operator U V† kept only {build.fidelity:.2g} of its weight at bond "
            f"{limits.max_bond}: the circuits differ too much, or need limits=Limits(max_bond=…)."
        )
    left = np.ones(1, dtype=complex)
    for tensor, reference in zip(build.tensors, start, strict=True):
        left = left @ np.tensordot(reference.reshape(4), tensor, axes=(0, 1))
    norm = build.fidelity
    distance = float(build.distance) + PER_GATE * (1 + len(gates))
    value = float(abs(left[0]) ** 2 / norm)
    return fidelity_interval(value, min(1.0, distance), rigorous=distance < 0.5), build.max_bond


def interleaved(first: GateList, second: GateList) -> list[Gate]:
    """Return both circuits' gates on the pair (output, input) of every site, in step."""
    keyed = []
    for side, (circuit, lift) in enumerate(((first, on_outputs), (second, _on_input))):
        layers = two_qubit_layers(circuit)
        depth = max(layers, default=0) + 1
        for k, (qubits, matrix) in enumerate(circuit.gates):
            gate = (qubits, lift(first_major(matrix)))
            keyed.append(((layers[k] + 1) / depth, k, side, gate))
    return [g for *_, g in sorted(keyed, key=lambda item: item[:3])]


def two_qubit_layers(gates: GateList) -> list[int]:
    """Return for every gate how many two-qubit layers lie before it or hold it."""
    depth = [0] * gates.n
    out = []
    for qubits, _ in gates.gates:
        if len(qubits) == 2:
            level = max(depth[q] for q in qubits) + 1
            for q in qubits:
                depth[q] = level
        out.append(depth[qubits[0]])
    return out


def _on_input(matrix: Array) -> Array:
    """Lift right multiplication by V† to act on the input index."""
    if len(matrix) == 2:
        return np.kron(ONE, matrix.conj())
    lifted = np.kron(np.eye(4), matrix.conj()).reshape((2,) * 8)
    return lifted.transpose(0, 2, 1, 3, 4, 6, 5, 7).reshape(16, 16)


def random_input_fidelities(
    first: GateList, second: GateList, limits: Limits, inputs: int = 3
) -> list[float]:
    """Return |⟨s|V†U|s⟩|² for random product states s, by quimb.

    Equal circuits give 1 on every input; a single lower value proves that they differ.
    """
    rng = generator(limits.seed, "equivalence")
    out = []
    for _ in range(inputs):
        turns = []
        for qubit in range(first.n):
            q, _ = np.linalg.qr(rng.normal(size=(2, 2)) + 1j * rng.normal(size=(2, 2)))
            turns.append(((qubit,), q))
        states = [
            QuimbState(GateList(g.n, (*turns, *g.gates)), None, limits.cutoff)
            for g in (first, second)
        ]
        out.append(abs(inner(states[0].psi, states[1].psi)) ** 2)
    return out


def compare_equivalence(interval: Interval, others: list[float]) -> None:
    """Raise unless the process fidelity and the random inputs tell the same story."""
    lowest = min(others)
    same, alike = interval.high > 1 - 1e-6, lowest > 1 - 1e-6
    if same != alike:
        raise VerificationError(
            f"Two engines disagree: the operator gives a process fidelity of {interval.value:.9g}, "
            f"but random product inputs give overlaps down to {lowest:.9g}. Trust neither."
        )
