"""Aer's trajectories as an engine: intervals of five standard errors hold the exact values."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qtn.interop.circuits import gate_list
from qtn.states import MPS
from qtn.verification.engines.base import NoisySource, Question
from qtn.verification.engines.trajectories import Trajectories, trajectory_value
from qtn.verification.inputs import observable_terms
from qtn.verification.limits import Limits


def model() -> NoiseModel:
    found = NoiseModel()
    found.add_all_qubit_quantum_error(depolarizing_error(0.2, 1), ["x"])
    found.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    return found


def flipped(*, measured: bool = False) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    if measured:
        circuit.measure_all()
    return circuit


def test_values_and_fidelity() -> None:
    source = NoisySource.of(flipped(), model())
    terms = observable_terms(["IZ", "11", "II"], 2)
    target = MPS.product([[0, 1]] * 2)
    question = Question(gate_list(flipped()), target, terms, Limits(shots=2000), noisy=source)
    answer = Trajectories().ask(question)
    for interval, exact in zip(answer.intervals, [0.81, -0.8, 0.81, 1.0], strict=True):
        assert interval.low <= exact <= interval.high
        assert interval.high - interval.low < 0.2
        assert not interval.rigorous
    assert "2000 shots per setting, 1000 final states for the fidelity" in answer.why


def test_readout_errors_act_where_the_circuit_is_measured() -> None:
    terms = observable_terms("IZ", 2)[0]
    limits = Limits(shots=10_000)
    bare, _ = trajectory_value(NoisySource.of(flipped(), model()), terms, limits)
    read, error = trajectory_value(NoisySource.of(flipped(measured=True), model()), terms, limits)
    assert abs(bare + 0.8) < 5 * 0.006
    assert abs(read - (0.1 * (0.9 - 0.1) + 0.9 * (0.2 - 0.8))) < 5 * error
    assert np.isclose(error, np.sqrt((1 - read**2) / 10_000), rtol=0.05)
