"""Forecasts of chains in blocks beside what these do."""

import numpy as np
import pytest
from qiskit import QuantumCircuit

import qtn
from qtn import ArgumentError
from qtn.interop.charged import charged_circuit
from qtn.interop.circuits import gate_list
from qtn.physics.free_fermions.block_forecast import BlockWork, block_work, forecast_blocks
from qtn.physics.free_fermions.reading import read_fermions

_forecast = forecast_blocks


@pytest.mark.parametrize(("sites", "steps", "bond"), [(10, 10, 32), (12, 12, 48)])
def test_the_weight_kept_is_foreseen(sites, steps, bond):
    circuit = qtn.hadron_circuit(sites, steps)
    found = qtn.circuit_to_blocks(circuit, max_bond=bond)
    lost, foreseen = 1 - found.fidelity_floor, 1 - _forecast(circuit, bond).kept
    assert 1e-5 < lost < 0.2
    assert lost / 3 < foreseen < 3 * lost


def test_work_is_that_of_the_sectors():
    """Two sites of one qubit each: a hop of one fermion has one matrix per charge."""
    circuit = QuantumCircuit(2)
    circuit.x(0)
    circuit.rxx(0.3, 0, 1)
    circuit.ryy(0.3, 0, 1)
    blocks, fermions = charged_circuit(gate_list(circuit)), read_fermions(circuit)
    found = block_work(fermions, blocks, 8)
    if len(blocks.groups) == 2:
        assert found.parts == (2.0, 2.0, 2.0)
    assert found.kept == pytest.approx(1.0)


def test_larger_bonds_and_longer_evolutions_take_longer():
    times = [_forecast(qtn.hadron_circuit(12, 12), bond).seconds for bond in (16, 64, 256)]
    assert times[0] < times[1] < times[2]
    steps = [_forecast(qtn.hadron_circuit(12, s), 256).parts[0] for s in (2, 5, 10)]
    assert steps[0] < steps[1] < steps[2]
    assert steps[2] > 10 * steps[0]


def test_a_cutoff_saves_work():
    circuit = qtn.hadron_circuit(12, 8)
    exact, short = (_forecast(circuit, 10**6, cutoff).parts[0] for cutoff in (0.0, 1e-6))
    assert short < exact / 10


def test_a_single_chain_of_qubits():
    circuit = QuantumCircuit(8)
    circuit.x([0, 2, 4, 6])
    for first in (0, 1) * 4:
        for q in range(first, 7, 2):
            circuit.rxx(-0.5, q, q + 1)
            circuit.ryy(-0.5, q, q + 1)
    found = _forecast(circuit, 4)
    kept = qtn.circuit_to_blocks(circuit, max_bond=4).fidelity_floor
    assert isinstance(found, BlockWork)
    assert found.seconds > 0
    assert np.log(found.kept) == pytest.approx(np.log(kept), rel=2.0)


def test_no_gates_and_bad_limits():
    with pytest.raises(ArgumentError, match="`max_bond`"):
        forecast_blocks(qtn.hadron_circuit(2, 1), 0)
    with pytest.raises(ArgumentError, match="`cutoff`"):
        forecast_blocks(qtn.hadron_circuit(2, 1), 4, -1.0)
    ghz = QuantumCircuit(2)
    ghz.h(0)
    ghz.cx(0, 1)
    with pytest.raises(ArgumentError, match="does not conserve the number of ones"):
        forecast_blocks(ghz, 4)
    assert forecast_blocks(QuantumCircuit(2), 4) == BlockWork(0.0, 1.0, (0.0, 0.0, 0.0))
