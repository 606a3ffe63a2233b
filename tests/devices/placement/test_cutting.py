"""Cutting devices down to the qubits that a circuit uses."""

from __future__ import annotations

import numpy as np
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector, SuperOp
from qiskit_aer.noise import NoiseModel

from qtn.devices.lookup import resolve
from qtn.devices.placement.cutting import active_qubits, cut_circuit, cut_noise_model, cut_target


def test_cut_noise_model_has_the_errors_of_the_whole_one() -> None:
    backend = resolve("FakeManilaV2")._backend
    whole, active = NoiseModel.from_backend(backend), (1, 2, 3)
    cut = cut_noise_model(backend, active)
    assert set(cut._local_quantum_errors) == {
        name for name, table in whole._local_quantum_errors.items() if table
    }
    compared = 0
    for name, table in cut._local_quantum_errors.items():
        for qubits, error in table.items():
            original = whole._local_quantum_errors[name][tuple(active[q] for q in qubits)]
            assert np.allclose(SuperOp(error).data, SuperOp(original).data)
            compared += 1
    assert compared >= 3 * 3 + 4  # three one-qubit gates on three qubits, cx both ways
    for (qubit,), error in cut._local_readout_errors.items():
        original = whole._local_readout_errors[active[qubit],]
        assert np.allclose(error.probabilities, original.probabilities)


def test_cut_circuit_keeps_its_meaning() -> None:
    circuit = QuantumCircuit(7, 2)
    circuit.h(5)
    circuit.barrier()
    circuit.cx(5, 2)
    circuit.delay(100, 0)
    circuit.measure([5, 2], [0, 1])
    active = active_qubits(circuit)
    assert active == (2, 5)
    small = cut_circuit(circuit, active)
    assert small.num_qubits == 2
    assert small.cregs == circuit.cregs
    bare = small.remove_final_measurements(inplace=False)
    assert np.allclose(Statevector(bare).probabilities(), [0.5, 0, 0, 0.5])


def test_cut_target_renumbers() -> None:
    target = resolve("FakeAlgiers").target
    small = cut_target(target, (1, 4, 7))
    assert small.num_qubits == 3
    assert small["cx"][0, 1].error == target["cx"][1, 4].error
    assert small["measure"][2,].error == target["measure"][7,].error
    assert small.qubit_properties[2].t1 == target.qubit_properties[7].t1
    assert (0, 2) not in small["cx"]
