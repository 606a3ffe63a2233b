from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn.mitigation as mitigation
from qtn.devices import resolve, transpile_for
from qtn.errors import ArgumentError, DeviceError
from qtn.mitigation.values.calibration import ReadoutCalibration, calibrate_readout


def test_measured_rates_agree_with_the_device(tmp_path):
    shots = 20_000
    calibration = calibrate_readout("FakeManila", (3, 0), shots=shots, seed=1)
    measure = resolve("FakeManila").target["measure"]
    for row, qubit in enumerate((3, 0)):
        mean = calibration.rates[row].mean()
        assert mean == pytest.approx(measure[(qubit,)].error, abs=5 * 0.5 / np.sqrt(shots))
    assert calibration.device == "FakeManila"


def test_the_qubits_of_a_transpiled_circuit_are_found():
    circuit = QuantumCircuit(3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    ready = transpile_for(circuit, "FakeManila")
    calibration = calibrate_readout("FakeManila", ready.circuit, shots=10)
    assert calibration.qubits == ready.qubits


def test_rates_are_shown_qubit_by_qubit():
    found = ReadoutCalibration(np.array([[0.01, 0.02], [0.03, 0.04]]), 100, (4, 7), "fake")
    assert repr(found) == "ReadoutCalibration(qubits [4, 7] of fake, 100 shots)"
    lines = [line.split() for line in str(found).splitlines()]
    assert ["7", "0.03", "0.04"] in lines
    assert "<td" in found._repr_html_()


def test_matrices_are_columns_of_probabilities():
    calibration = ReadoutCalibration(np.array([[0.1, 0.2]]), 100, (0,))
    assert calibration.matrices[0] == pytest.approx(np.array([[0.9, 0.2], [0.1, 0.8]]))
    assert calibration.variances == pytest.approx([0.1 * 0.9 / 100, 0.2 * 0.8 / 100], rel=0.1)
    assert (ReadoutCalibration(np.zeros((1, 2)), 100, (0,)).variances > 0).all()


def test_pack_and_unpack_keep_everything():
    calibration = ReadoutCalibration(np.array([[0.1, 0.2]]), 100, (4,), "x")
    again = ReadoutCalibration.unpack(*calibration.pack())
    assert (again.rates == calibration.rates).all()
    assert (again.shots, again.qubits, again.device) == (100, (4,), "x")


def test_a_readout_without_information_is_an_error():
    with pytest.raises(DeviceError, match="Readout of qubit 7 tells nothing"):
        ReadoutCalibration(np.array([[0.5, 0.5]]), 100, (7,))


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="at least one device qubit"):
        calibrate_readout("aer", ())
    with pytest.raises(ArgumentError, match="`shots` must be a positive integer"):
        calibrate_readout("aer", (0,), shots=0)
    with pytest.raises(ArgumentError, match="holds qubits"):
        mitigation.Readout(ReadoutCalibration(np.zeros((1, 2)), 9, (0,))).calibration_of((0, 1))
