"""The engine of noisy values: exact channels on a chain."""

from __future__ import annotations

import pytest
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, depolarizing_error

from qtn.errors import VerificationError
from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.base import NoisySource, Question
from qtn.verification.engines.pauli import PauliChain
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits


def question(limits: Limits, *, measured: bool = False) -> Question:
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    for q in range(3):
        circuit.rzz(0.02, q, q + 1)
    if measured:
        circuit.measure_all()
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.01, 2), ["rzz"])
    target = MPS.product([[2**-0.5, 2**-0.5]] * 4)
    terms = observable_terms(["IIXX"], 4)
    return Question(gate_list(circuit), target, terms, limits, noisy=NoisySource.of(circuit, model))


def test_bounds_where_nothing_was_cut() -> None:
    answer = PauliChain().ask(question(Limits()))
    assert all(interval.rigorous for interval in answer.intervals)
    # X X survives two depolarising gates on its qubits and one beside them
    assert answer.values[0].value == pytest.approx(0.99**2, abs=1e-3)
    assert answer.memory == 32 * 4 * answer.max_bond**2
    assert "readout" not in answer.why
    assert "readout errors included" in PauliChain().ask(question(Limits(), measured=True)).why


def test_nothing_certified_is_an_error() -> None:
    with pytest.raises(VerificationError, match=r"Nothing is certified: the noisy state lost"):
        PauliChain().ask(question(Limits(max_bond=1)))
