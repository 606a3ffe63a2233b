"""Frames of Clifford circuits against Qiskit's tables."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Clifford, Pauli, random_clifford, random_pauli

from qtn.interop.circuits import gate_list
from qtn.states.operators import Term
from qtn.states.pauli_sums import PauliSum, Turn, generators_of
from qtn.states.pauli_sums.frames import conjugate


def _image(frame, label):
    factors = tuple((q, c) for q, c in enumerate(reversed(label)) if c != "I")
    total = PauliSum.from_terms([Term(1.0, factors)], len(label))
    x, z, values = total.x.copy(), total.z.copy(), total.coefficients.copy()
    conjugate(frame, x, z, values)
    return PauliSum(x, z, values, len(label)).labels()[0], values[0]


@pytest.mark.parametrize("n", [1, 4, 63, 64, 70])
def test_conjugation_is_that_of_qiskit(n):
    circuit = QuantumCircuit(n)
    rng = np.random.default_rng(n)
    for seed in range(3 * n):
        pair = rng.permutation(n)[: min(n, 2)]
        circuit.append(random_clifford(len(pair), seed=seed).to_instruction(), pair.tolist())
    made = generators_of(n, gate_list(circuit).gates)
    assert len(made.kinds) == 0
    for seed in range(4):
        label = random_pauli(n, seed=seed).to_label()
        found, sign = _image(made.frame, label)
        wanted = Pauli(label).evolve(Clifford(circuit), frame="h").to_label()
        assert found == wanted.lstrip("-")
        assert sign == (-1 if wanted.startswith("-") else 1)


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_about_long_strings_are_cliffords(quarters):
    label = "XZYYX"
    made = generators_of(5, [Turn(tuple(zip(range(5), label, strict=True)), quarters * np.pi / 2)])
    assert len(made.kinds) == 0
    string = Pauli(label[::-1]).to_matrix()
    turn = np.cos(quarters * np.pi / 4) * np.eye(32) - 1j * np.sin(quarters * np.pi / 4) * string
    for other in ("IIIIZ", "XYZXY", "IZZII"):
        found, sign = _image(made.frame, other)
        wanted = turn.conj().T @ Pauli(other).to_matrix() @ turn
        assert sign * Pauli(found).to_matrix() == pytest.approx(wanted, abs=1e-12)
