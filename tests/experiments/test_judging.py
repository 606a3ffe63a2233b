"""Cards tell of the circuit as its file has it."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Operator

import qtn
from qtn.experiments import read_recipe
from qtn.experiments.judging import card_of, judged
from qtn.interop.qasm import to_qasm3


def test_operators_are_certified_from_their_gates() -> None:
    circuit = QuantumCircuit(3)
    circuit.rx(0.3, 0)
    circuit.cx(0, 2)
    circuit.cx(2, 1)
    check = judged(circuit, qtn.operator(circuit))
    assert check.fidelity == pytest.approx(1.0, abs=1e-12)
    other = circuit.copy()
    other.rz(0.4, 1)
    check = judged(other, qtn.operator(circuit))
    exact = abs(np.trace(Operator(circuit).data.conj().T @ Operator(other).data) / 8) ** 2
    assert check.fidelity == pytest.approx(exact, abs=1e-12)
    assert check.low is not None
    assert check.high is not None
    assert check.low <= exact + 1e-13
    assert exact <= check.high + 1e-13
    assert check.rigorous


def test_a_card_says_what_the_file_holds() -> None:
    recipe = read_recipe({"title": "Pair", "target": {"state": "ghz", "qubits": 2}})
    circuit = QuantumCircuit(2)
    circuit.ry(1.0, 0)
    circuit.cx(0, 1)
    card = card_of(recipe, to_qasm3(circuit), qtn.MPS.from_dense([0.5**0.5, 0, 0, 0.5**0.5]), {})
    (entry,) = card["circuits"]
    exact = (np.cos(0.5) + np.sin(0.5)) ** 2 / 2
    assert entry["fidelity"] == pytest.approx(exact, abs=1e-11)
    assert entry["floor"] <= exact
    assert entry["gates"] == {"cx": 1, "ry": 1}
    assert (card["title"], card["recipe"]) == ("Pair", recipe.digest)
    assert set(entry["provenance"]) >= {"fidelity by", "qtn", "numpy", "qiskit"}
