from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error

import qtn.mitigation.values.decay as decay
from qtn.devices import resolve
from qtn.devices.placement.cutting import active_qubits, cut_circuit
from qtn.devices.tensor.channels import noisy_circuit
from qtn.errors import ArgumentError
from qtn.mitigation import plan
from qtn.mitigation.values.decay import (
    LOG_SCALES,
    Decays,
    Pending,
    ScaledChannels,
    channel_power,
    fitted_lines,
    noisy_values,
    reported_noise,
)


def circuit(n: int = 3) -> QuantumCircuit:
    c = QuantumCircuit(n)
    for i in range(n - 1):
        c.ry(0.7, i)
        c.rzz(0.9, i, i + 1)
        c.rx(0.4, i + 1)
    return c


@pytest.mark.parametrize("dense", [7, 0])  # the vector of Pauli coefficients, and the chain
def test_noisy_values_are_those_of_a_density_matrix(dense, monkeypatch):
    monkeypatch.setattr(decay, "DENSE", dense)
    observable = SparsePauliOp(["ZZI", "IZZ", "IIZ"], [0.5, 0.3, 0.2])
    prepared = plan(circuit(), observable, device="FakeManila", shots=100)
    ready = prepared.planned[0].circuit
    active = active_qubits(ready)
    model, cut = reported_noise("FakeManila", active)
    assert cut
    channels = noisy_circuit(cut_circuit(ready, active), ScaledChannels(model, 1.0))
    found = noisy_values([channels, channels], prepared.observable.terms, {})
    small = cut_circuit(ready, active)
    place = {small.find_bit(i.clbits[0]).index: small.find_bit(i.qubits[0]).index
             for i in small.data if i.operation.name == "measure"}  # fmt: skip
    bare = small.remove_final_measurements(inplace=False)
    bare.save_density_matrix()
    engine = AerSimulator(method="density_matrix", noise_model=resolve("FakeManila").noise(active))
    state = engine.run(bare).result().data()["density_matrix"]
    for column, term in enumerate(prepared.observable.terms):
        pauli = SparsePauliOp.from_sparse_list(
            [("Z" * len(term.factors), [place[q] for q, _ in term.factors], 1.0)], len(active)
        )
        expected = state.expectation_value(pauli).real
        # the error of the measurement itself is part of the channels, not of the density matrix
        assert found[0, column] == pytest.approx(expected, abs=2e-3)
    assert found[0] == pytest.approx(found[1], abs=1e-12)


def test_projectors_have_their_values_too():
    prepared = plan(circuit(), "0" * 3, device=chain(3, gate=0.05), shots=100)
    model, cut = reported_noise(chain(3, gate=0.05), (0, 1, 2))
    assert not cut
    for power in (0.0, 1.0):
        channels = noisy_circuit(prepared.planned[0].circuit, ScaledChannels(model, power))
        value = noisy_values([channels], prepared.observable.terms, {})[0, 0]
        assert 0 < value < 1
    exact = np.abs(np.asarray(circuit_amplitude())) ** 2
    channels = noisy_circuit(prepared.planned[0].circuit, ScaledChannels(model, 1e-12))
    assert noisy_values([channels], prepared.observable.terms, {})[0, 0] == pytest.approx(exact)


def circuit_amplitude() -> complex:
    from qiskit.quantum_info import Statevector

    return complex(Statevector(circuit()).data[0])


def test_powers_multiply_the_logarithm_of_the_fidelity():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 2), ["cx"])
    half = ScaledChannels(model, 0.5).error("cx", (0, 1))
    assert np.diag(half)[1:] == pytest.approx(np.full(15, np.sqrt(0.9)))
    assert ScaledChannels(model, 0.5).error("x", (0,)) is None


def test_lines_are_recovered_with_their_scatter():
    rng = np.random.default_rng(0)
    ideal = rng.uniform(-1, 1, (2000, 3))
    noise = 0.01 * rng.normal(size=(len(LOG_SCALES), 2, *ideal.shape))
    lines = fitted_lines(0.1 + 0.8 * ideal + noise, ideal)
    assert lines.offset == pytest.approx(np.full(lines.offset.shape, 0.1), abs=2e-3)
    assert lines.slope == pytest.approx(np.full(lines.slope.shape, 0.8), abs=3e-3)
    assert np.sqrt(lines.scatter) == pytest.approx(np.full(lines.scatter.shape, 0.01), rel=0.1)
    between = lines.at(float(LOG_SCALES[0] + LOG_SCALES[1]) / 2)
    assert between[1] == pytest.approx(np.full((2, 3), 0.8), abs=3e-3)


@pytest.mark.parametrize("device", ["aer", "tensor"])
def test_devices_without_reported_errors_are_refused(device):
    with pytest.raises(ArgumentError, match="reports no gate errors"):
        reported_noise(device, (0, 1))


def test_powers_are_those_of_schurs_form():
    rng = np.random.default_rng(0)
    channel = np.eye(4) + 0.05 * rng.normal(size=(4, 4))
    assert channel_power(channel_power(channel, 0.5), 2.0) == pytest.approx(channel)
    defective = np.array([[1.0, 0.1], [0.0, 1.0]])
    assert channel_power(defective, 0.5) == pytest.approx(np.array([[1.0, 0.05], [0.0, 1.0]]))
    lost = np.diag([1.0, 0.0, 0.0, 0.0])
    assert channel_power(lost, 0.6) == pytest.approx(lost)


def test_pending_decays_are_simulated_once():
    calls = []

    def simulate() -> Decays:
        calls.append(1)
        return Decays(*np.zeros((3, 3, 2, 1)), 6)

    pending = Pending(simulate, 6, 12.34)
    assert repr(pending) == "decays to be simulated: 6 twins, about 12 s"
    assert pending.decays() is pending.decays()
    assert calls == [1]
    assert repr(pending) == "Decays(1 terms, 2 noise factors, 6 twins)"
