"""The first part of a circuit becomes a short one inside `transpile`; the rest stays."""

from __future__ import annotations

import pytest
from plugins.states import infidelity, on_own_qubits
from qiskit import QuantumCircuit, transpile
from qiskit.circuit import Clbit, Parameter
from qiskit.circuit.random import random_circuit
from qiskit.quantum_info import Statevector
from qiskit.transpiler import CouplingMap, PassManager
from qiskit.transpiler.preset_passmanagers.plugin import list_stage_plugins
from qiskit_aer import AerSimulator
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from qtn.errors import ArgumentError
from qtn.plugins.qiskit_stage import CompressStart

BASIS = ["rz", "sx", "x", "cx"]


def quench(n, steps, measured=False):
    """Steps of a product formula: 2 (n - 1) CX each, little entanglement."""
    circuit = QuantumCircuit(n)
    circuit.x(range(0, n, 2))
    for _ in range(steps):
        for k in (*range(0, n - 1, 2), *range(1, n - 1, 2)):
            circuit.rzz(0.1, k, k + 1)
        circuit.rx(0.2, range(n))
    if measured:
        circuit.measure_all()
    return circuit


def cx(circuit):
    return circuit.num_nonlocal_gates()


def test_qiskit_finds_the_stage(installed):
    assert "qtn" in list_stage_plugins("init")


@pytest.mark.parametrize("level", range(4))
def test_the_state_stays_and_gates_go(installed, level):
    circuit = quench(4, 5)
    plain = transpile(circuit, basis_gates=BASIS, optimization_level=level)
    short = transpile(circuit, basis_gates=BASIS, optimization_level=level, init_method="qtn")
    assert infidelity(on_own_qubits(short, 4), Statevector(circuit).data) < 1e-8
    if level == 0:
        assert cx(short) == cx(plain)
    else:
        assert cx(short) < 0.5 * cx(plain)


def test_the_global_phase_stays():
    circuit = quench(3, 4)
    circuit.global_phase = 1.0
    short = PassManager(CompressStart(1)).run(circuit)
    assert short != circuit
    assert abs(Statevector(short).data - Statevector(circuit).data).max() < 1e-4


@pytest.mark.parametrize("level", [1, 3])
def test_a_line_and_a_backend(installed, level):
    circuit = quench(4, 4)
    exact = Statevector(circuit).data
    options = {"optimization_level": level, "init_method": "qtn", "seed_transpiler": 1}
    line = transpile(circuit, basis_gates=BASIS, coupling_map=CouplingMap.from_line(5), **options)
    backend = transpile(circuit, FakeManilaV2(), initial_layout=[3, 2, 1, 0], **options)
    for ready in (line, backend):
        assert infidelity(on_own_qubits(ready, 4), exact) < 1e-8


def test_measurements_and_their_bits_stay(installed):
    circuit = quench(4, 4, measured=True)
    ready = transpile(circuit, FakeManilaV2(), init_method="qtn", optimization_level=2)
    assert ready.cregs == circuit.cregs
    assert ready.count_ops()["measure"] == 4
    exact = Statevector(circuit.remove_final_measurements(inplace=False)).probabilities_dict()
    counts = AerSimulator(seed_simulator=0).run(ready, shots=20_000).result().get_counts()
    assert all(abs(counts.get(k, 0) / 20_000 - p) < 0.02 for k, p in exact.items())


def test_branches_parameters_and_barriers_stay():
    angle = Parameter("a")
    circuit = quench(3, 4)
    circuit.rx(angle, 0)
    circuit.barrier()
    circuit.add_bits([Clbit()])
    circuit.measure(2, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(2)
    circuit.cz(0, 2)
    short = PassManager(CompressStart(1)).run(circuit)
    assert short.parameters == circuit.parameters
    kept = {"rx": 1, "barrier": 1, "measure": 1, "if_else": 1, "cz": 1}
    assert {name: short.count_ops()[name] for name in kept} == kept
    names = [i.operation.name for i in short.data]
    assert names.index("barrier") < names.index("measure") < names.index("if_else")
    assert names[-1] == "cz"
    assert cx(short) < cx(circuit)


def test_qubits_that_may_be_in_any_state_keep_their_gates(installed):
    circuit = quench(4, 4)
    ready = transpile(circuit, basis_gates=BASIS, init_method="qtn", qubits_initially_zero=False)
    assert cx(ready) == cx(transpile(circuit, basis_gates=BASIS, qubits_initially_zero=False))


def test_the_fidelity_asked_for():
    circuit = quench(6, 6)
    short = PassManager(CompressStart(1, 0.999)).run(circuit)
    assert cx(short) <= 9
    assert infidelity(Statevector(short).data, Statevector(circuit).data) < 1e-3


def test_circuits_that_are_short_already_stay():
    circuit = QuantumCircuit(4)
    circuit.h(0)
    circuit.cx(0, [1, 2, 3])
    assert PassManager(CompressStart(2)).run(circuit) == circuit


def test_pieces_apart_are_compressed_apart():
    circuit = QuantumCircuit(7)
    circuit.compose(quench(3, 4), [6, 1, 3], inplace=True)
    circuit.compose(quench(2, 4), [0, 5], inplace=True)
    short = PassManager(CompressStart(1)).run(circuit)
    assert infidelity(Statevector(short).data, Statevector(circuit).data) < 1e-8
    assert cx(short) <= 4 + 1


@pytest.mark.parametrize("seed", range(6))
def test_random_circuits_keep_their_state(installed, seed):
    circuit = random_circuit(4, 8, max_operands=4, seed=seed)
    ready = transpile(
        circuit, basis_gates=BASIS, init_method="qtn", optimization_level=1 + seed % 3
    )
    assert infidelity(on_own_qubits(ready, 4), Statevector(circuit).data) < 1e-8
    plain = transpile(circuit, basis_gates=BASIS, optimization_level=1 + seed % 3)
    assert cx(ready) <= cx(plain) + 2  # later stages may merge a little less


def test_too_much_entanglement_leaves_the_later_gates(monkeypatch):
    monkeypatch.setattr("qtn.plugins.qiskit_stage.BONDS", {1: 2})
    circuit = quench(4, 2)
    for seed in range(3):
        circuit.compose(random_circuit(4, 4, max_operands=2, seed=seed), inplace=True)
    short = PassManager(CompressStart(1)).run(circuit)
    assert infidelity(Statevector(short).data, Statevector(circuit).data) < 1e-8


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="`level` must be"):
        CompressStart(0)
    with pytest.raises(ArgumentError, match="`approximation_degree` must be a finite number in"):
        CompressStart(1, 1.5)
