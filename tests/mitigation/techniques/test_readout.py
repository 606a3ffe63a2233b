from __future__ import annotations

import pytest
from mitigation.noisy_devices import chain
from qiskit import QuantumCircuit
from qiskit.quantum_info import SparsePauliOp, Statevector

from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation import Readout, mitigate


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
