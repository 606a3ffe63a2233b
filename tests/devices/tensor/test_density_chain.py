"""Noisy circuits as density operators in the Pauli basis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import DensityMatrix, Pauli, SuperOp
from qiskit_aer.noise import NoiseModel, ReadoutError, depolarizing_error

from qtn.devices.tensor.density_chain import DensitySimulator, DensitySweep


def model(readout: bool = False) -> NoiseModel:
    noise = NoiseModel()
    noise.add_all_qubit_quantum_error(depolarizing_error(0.05, 2), ["cx"])
    if readout:
        noise.add_all_qubit_readout_error(ReadoutError([[0.9, 0.1], [0.2, 0.8]]))
    return noise


def test_values_against_dense_channels(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(3, free=True)
    values = np.random.default_rng(1).normal(size=(2, 3))
    sweep = DensitySweep(DensitySimulator(model(), None, 1e-16), circuit, values)
    error = SuperOp(depolarizing_error(0.05, 2))
    for k, row in enumerate(values):
        rho = DensityMatrix.from_label("000")
        for item in circuit.assign_parameters(row).data:
            where = [circuit.find_bit(q).index for q in item.qubits]
            rho = rho.evolve(item.operation, where)
            rho = rho.evolve(error, where) if item.operation.name == "cx" else rho
        exact = rho.expectation_value(Pauli("ZXZ")).real
        assert np.isclose(sweep.values(k, [{"ZXZ": 1.0}])[0], exact)
    assert np.isclose(sweep.report().trace, 1.0)


def test_readout_errors_are_in_the_samples() -> None:
    circuit = QuantumCircuit(2, 2)
    circuit.x(0)
    circuit.measure([0, 1], [0, 1])
    sweep = DensitySweep(
        DensitySimulator(model(readout=True), None, 0.0), circuit, np.zeros((1, 0))
    )
    bits = sweep.sample(0, 10_000, np.random.default_rng(0))
    assert abs(bits[:, 0].mean() - 0.8) < 5 * 0.004
    assert abs(bits[:, 1].mean() - 0.1) < 5 * 0.003


def test_ideal_means_no_error_but_readout() -> None:
    assert DensitySimulator(None, None, 0.0).ideal
    assert not DensitySimulator(model(), None, 0.0).ideal
