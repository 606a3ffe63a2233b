"""Noiseless circuits as matrix product states."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import CCXGate
from qiskit.quantum_info import SparseObservable, Statevector

import qtn
from qtn.devices.tensor.channels import ChannelTable
from qtn.devices.tensor.pure import Chain, PureSimulator, PureSweep, UnitaryTable


def simulator(max_bond: int | None = None) -> PureSimulator:
    return PureSimulator(ChannelTable(None), max_bond, 1e-14)


def test_values_and_samples(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    circuit = chain_circuit(4, layers=2, free=True)
    values = np.random.default_rng(0).normal(size=(3, 4))
    labels = {"ZIXI": 0.5, "0+1I": -2.0, "IIII": 1.0}
    sweep = PureSweep(simulator(), circuit, values)
    for k, row in enumerate(values):
        state = Statevector(circuit.assign_parameters(row))
        exact = [
            c * state.expectation_value(SparseObservable.from_label(x)).real
            for x, c in labels.items()
        ]
        assert np.isclose(sweep.values(k, [labels])[0], sum(exact))
    bits = sweep.sample(0, 10, np.random.default_rng(1))
    assert bits.shape == (10, 0)
    assert sweep.report().discarded < 1e-12


def test_what_truncation_loses_is_told(chain_circuit: Callable[..., QuantumCircuit]) -> None:
    sweep = PureSweep(simulator(max_bond=2), chain_circuit(6, layers=3), np.zeros((1, 0)))
    sweep.state(0)
    report = sweep.report()
    assert report.max_bond == 2
    assert 0.0 < report.discarded < 1.0
    assert report.trace == pytest.approx(1.0 - report.discarded, abs=0.1)


def test_the_centre_moves_and_the_state_stays() -> None:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    chain = Chain(PureSweep(simulator(), circuit, np.zeros((1, 0))).state(0))
    for site in (2, 1, 0):
        chain = chain.moved(site)
        assert chain.center == site
        assert np.isclose(np.linalg.norm(chain.tensors[site]), 1.0)
        assert np.isclose(abs(qtn.MPS(chain.tensors).to_dense()[0]) ** 2, 0.5)


def test_wide_gates_are_refused() -> None:
    with pytest.raises(qtn.DeviceError, match=r"one or two qubits, but the circuit holds 'ccx'"):
        UnitaryTable(ChannelTable(None)).gate(CCXGate())
