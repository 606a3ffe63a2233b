"""Small unitaries by search inside `transpile`."""

from __future__ import annotations

import numpy as np
import pytest
from plugins.states import on_own_qubits
from qiskit import QuantumCircuit, transpile
from qiskit.circuit.library import UnitaryGate
from qiskit.converters import dag_to_circuit
from qiskit.quantum_info import Operator, Statevector
from qiskit.transpiler import CouplingMap
from qiskit.transpiler.passes.synthesis.plugin import unitary_synthesis_plugin_names
from scipy.stats import unitary_group

from qtn.errors import ArgumentError
from qtn.plugins.qiskit_unitary import UnitarySearch


def test_qiskit_finds_it(installed):
    assert "qtn" in unitary_synthesis_plugin_names()


@pytest.mark.parametrize("level", range(4))
@pytest.mark.parametrize("basis", [["rz", "sx", "cx"], ["rz", "sx", "cz"], ["rz", "sx", "ecr"]])
def test_three_qubits_in_fewer_gates(installed, level, basis):
    circuit = QuantumCircuit(4)
    circuit.append(UnitaryGate(unitary_group.rvs(8, random_state=0)), [2, 0, 3])
    options = {"basis_gates": basis, "optimization_level": level}
    plain = transpile(circuit, **options)
    short = transpile(circuit, unitary_synthesis_method="qtn", **options)
    assert short.num_nonlocal_gates() == 14 < plain.num_nonlocal_gates()
    assert np.abs(Operator(short).data - Operator(circuit).data).max() < 1e-5  # with its phase


@pytest.mark.parametrize("level", range(4))
def test_on_a_line(installed, level):
    circuit = QuantumCircuit(4)
    circuit.h(range(4))
    circuit.append(UnitaryGate(unitary_group.rvs(8, random_state=1)), [0, 1, 2])
    circuit.append(UnitaryGate(unitary_group.rvs(4, random_state=1)), [2, 3])
    ready = transpile(
        circuit,
        basis_gates=["rz", "sx", "x", "cx"],
        coupling_map=CouplingMap.from_line(5),
        unitary_synthesis_method="qtn",
        optimization_level=level,
        seed_transpiler=0,
    )
    assert abs(np.vdot(on_own_qubits(ready, 4), Statevector(circuit).data)) ** 2 > 1 - 1e-9


def test_one_two_and_six_qubits_are_left_to_qiskit(installed):
    circuit = QuantumCircuit(6)
    circuit.append(UnitaryGate(unitary_group.rvs(2, random_state=0)), [0])
    circuit.append(UnitaryGate(unitary_group.rvs(4, random_state=0)), [1, 2])
    circuit.append(UnitaryGate(np.diag(np.exp(1j * np.arange(64)))), range(6))
    options = {"basis_gates": ["u", "cx"], "optimization_level": 1}
    plain = transpile(circuit, **options)
    found = transpile(circuit, unitary_synthesis_method="qtn", **options)
    assert found.count_ops()["cx"] == plain.count_ops()["cx"]


def test_options():
    target = unitary_group.rvs(8, random_state=0)
    loose = UnitarySearch().run(target, config={"infidelity": 0.02, "tries": 4, "seed": 3})
    circuit = dag_to_circuit(loose)
    assert circuit.count_ops()["cx"] < 14
    assert abs(np.vdot(Operator(circuit).data, target) / 8) ** 2 >= 0.98


def test_qiskits_own_is_kept_where_it_is_shorter():
    swap = Operator(QuantumCircuit(3)).data
    assert dag_to_circuit(UnitarySearch().run(swap)).count_ops().get("cx", 0) == 0


def test_bad_options():
    target = np.eye(8)
    with pytest.raises(ArgumentError, match=r"must be of infidelity, tries, seed, .*\['steps'\]"):
        UnitarySearch().run(target, config={"steps": 3})
    with pytest.raises(ArgumentError, match="`tries` must be"):
        UnitarySearch().run(target, config={"tries": 0})
    with pytest.raises(ArgumentError, match="`infidelity` must be"):
        UnitarySearch().run(target, config={"infidelity": 0})
