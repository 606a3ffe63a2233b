from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import SuperOp
from qiskit_aer.noise import (
    NoiseModel,
    PauliLindbladError,
    amplitude_damping_error,
    depolarizing_error,
    pauli_error,
)

from qtn.errors import ArgumentError
from qtn.mitigation import LayerNoise, NoiseLayer, PauliNoise, aer_noise, read_noise
from qtn.mitigation.noise_forms.aer_models import read_aer


def model(error, gate="cx", qubits=(0, 1)) -> NoiseModel:
    found = NoiseModel()
    if qubits is None:
        found.add_all_qubit_quantum_error(error, [gate])
    else:
        found.add_quantum_error(error, [gate], qubits)
    return found


def with_cx(reverse: bool) -> QuantumCircuit:
    circuit = QuantumCircuit(2)
    circuit.cx(*((1, 0) if reverse else (0, 1)))
    return circuit


@pytest.mark.parametrize("reverse", [False, True])
def test_the_channel_of_the_noisy_gate_stays(reverse):
    pair = (1, 0) if reverse else (0, 1)
    error = PauliLindbladError(["XI", "ZY", "IZ"], [0.02, 0.01, 0.03])  # IZ: Z on the first qubit
    noise = read_noise(model(error, qubits=pair))
    gate = SuperOp(with_cx(False))  # the gate's first qubit is qubit 0 of the error
    wanted = gate.compose(SuperOp(error.to_quantum_error()))
    labels, rates = [], []
    for (first, second), rate in zip(*_terms(noise, pair), strict=True):
        labels.append(second + first)
        rates.append(rate)
    found = SuperOp(PauliLindbladError(labels, rates).to_quantum_error()).compose(gate)
    assert found.data == pytest.approx(wanted.data, abs=1e-12)


def _terms(noise, pair):
    from qtn.mitigation.values.pauli_noise import PAIRS

    return PAIRS, noise.of("cx", pair)


def test_models_go_there_and_back():
    rng = np.random.default_rng(0)
    rates = {("cx", (3, 1)): rng.uniform(0, 1e-2, 15), ("cz", (0, 2)): rng.uniform(0, 1e-2, 15)}
    again = read_noise(aer_noise(PauliNoise(rates)))
    for gate, own in rates.items():
        assert again.of(*gate) == pytest.approx(own, abs=1e-12)


def test_errors_of_all_qubits_need_the_gates_of_a_circuit():
    found = model(depolarizing_error(0.01, 2), qubits=None)
    with pytest.raises(ArgumentError, match="names no two-qubit gate with its qubits"):
        read_noise(found)
    noise = read_noise(found, with_cx(True))
    assert list(noise.rates) == [("cx", (1, 0))]
    assert noise.fidelities("cx", (1, 0))[1:] == pytest.approx(np.full(15, 0.99))


def test_gates_without_an_error_are_ideal_and_one_qubit_errors_are_not_read():
    found = model(depolarizing_error(0.01, 2), qubits=(0, 1))
    found.add_all_qubit_quantum_error(depolarizing_error(0.01, 1), ["sx"])
    circuit = with_cx(True)
    assert read_noise(found, circuit).of("cx", (1, 0)).sum() == 0
    assert list(read_noise(found).rates) == [("cx", (0, 1))]


def test_uniform_errors_of_gates_with_angles_are_read_others_refused():
    assert read_noise(model(depolarizing_error(0.01, 2), "rzz")).of("rzz", (0, 1)).min() > 0
    uneven = PauliLindbladError(["XI"], [0.02])
    with pytest.raises(ArgumentError, match="depends on its angle"):
        read_noise(model(uneven, "rzz"))


def test_damping_is_refused_unless_twirled():
    damping = amplitude_damping_error(0.02)
    found = model(damping.tensor(damping))
    with pytest.raises(ArgumentError, match=r"cx\[0, 1\] is no Pauli noise: an entry of 2.0e-02"):
        read_noise(found)
    noise = read_noise(found, twirl=True)
    # X and Y shrink by (1 - p)^(1/2), Z by 1 - p
    assert noise.fidelities("cx", (0, 1)).min() == pytest.approx(0.98**2)


def test_errors_without_rates_are_refused():
    with pytest.raises(ArgumentError, match="turns a Pauli string off or around"):
        read_noise(model(depolarizing_error(1.0, 2)))
    either = pauli_error([("XI", 0.02), ("IX", 0.02), ("II", 0.96)])
    with pytest.raises(ArgumentError, match="has the negative rate"):
        read_aer(model(either), ())


def test_crosstalk_cannot_be_written_gate_by_gate():
    layer = NoiseLayer((("cz", (0, 1)),), {((1, "Z"), (2, "Z")): 1e-3})
    with pytest.raises(ArgumentError, match="outside the pairs of its gates: Z1 Z2"):
        aer_noise(LayerNoise((layer,)))
    with pytest.raises(ArgumentError, match="must be a PauliNoise or LayerNoise"):
        aer_noise("noise")


def test_gates_of_no_direction_have_their_noise_in_both():
    rates = np.random.default_rng(2).uniform(0, 1e-2, 15)
    noise = PauliNoise({("cz", (0, 1)): rates, ("cx", (0, 1)): rates})
    turned = QuantumCircuit(2)
    turned.cz(1, 0)
    turned.cx(1, 0)
    found = read_noise(aer_noise(noise), turned)
    assert found.of("cz", (1, 0)) == pytest.approx(noise.of("cz", (1, 0)), abs=1e-12)
    assert found.of("cx", (1, 0)).sum() == 0
