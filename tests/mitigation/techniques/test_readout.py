from __future__ import annotations

import numpy as np
import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError, DeviceError
from qtn.interop.observables import parse_observable
from qtn.mitigation import Readout, ReadoutCalibration, mitigate
from qtn.mitigation.techniques.readout_forms import Pairs


def test_bad_readout_options_are_refused():
    with pytest.raises(ArgumentError, match="`method` must be one of"):
        Readout(method="magic")
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer"):
        Readout(shots=0)
    with pytest.raises(ArgumentError, match="`calibration` must be a ReadoutCalibration"):
        Readout(calibration=0.1)


@pytest.mark.parametrize("method", ["tensored", "twirled", "correlated", "subspace"])
@pytest.mark.parametrize("errors", [(1.0, 1.0), (0.9, 0.95), (1.0, 0.8)])
def test_a_readout_that_flips_more_often_than_not_is_inverted(method, errors):
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.ry(1.0, 1)
    exact = Statevector(circuit).expectation_value(SparsePauliOp(["ZZ", "IZ"], [0.5, 0.25])).real
    found = mitigate(
        circuit, SparsePauliOp(["ZZ", "IZ"], [0.5, 0.25]), Readout(method=method),
        device=chain(2, readout=errors), shots=4000, progress=False,
    )  # fmt: skip
    assert abs(found.value - exact) < 5 * found.stderr
    assert found.stderr < 0.1


@pytest.mark.parametrize("method", ["tensored", "twirled", "correlated", "subspace"])
def test_a_readout_without_information_is_refused(method):
    circuit = QuantumCircuit(2)
    circuit.x(0)
    with pytest.raises(DeviceError, match=r"tells nothing|cannot be undone"):
        mitigate(
            circuit, "ZZ", Readout(method=method), device=chain(2, readout=(0.5, 0.5)),
            shots=4000, progress=False,
        )  # fmt: skip


def test_a_known_calibration_serves_twirled_readout_without_bias():
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.cx(0, 1)
    circuit.ry(1.0, 1)
    exact = Statevector(circuit).expectation_value(SparsePauliOp("ZI")).real
    device = chain(2, readout=(0.02, 0.2))  # flips leave the mean of both errors
    known = ReadoutCalibration(np.array([[0.02, 0.2]] * 2), 0, (0, 1))
    for method in ("tensored", "twirled"):
        readout = Readout(known, method=method, copies=4)
        found = mitigate(circuit, "ZI", readout, device=device, shots=40_000, progress=False)
        assert abs(found.value - exact) < 5 * found.stderr
        assert found.stderr < 0.01


def test_rates_of_single_qubits_are_refused_for_pairs():
    known = ReadoutCalibration(np.full((2, 2), 0.1), 0, (0, 1))
    with pytest.raises(ArgumentError, match="correlated readout needs those of pairs"):
        Readout(known, method="correlated")
    with pytest.raises(ArgumentError, match="do not tell how the readout errors of pairs"):
        Pairs(None).known(parse_observable("ZZ", 2), known)
    assert repr(known) == "ReadoutCalibration(qubits [0, 1], exact)"
