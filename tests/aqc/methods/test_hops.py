"""Layers of hops: certified infidelities, cost, goals and what is refused."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

import qtn
from qtn.errors import ArgumentError
from qtn.interop.circuits import circuit_to_mps

DEEP = qtn.hadron_circuit(sites=6, steps=10)


@pytest.mark.parametrize(("layers", "couplings"), [(4, 0), (5, 1), (6, 2)])
def test_the_infidelity_is_that_of_the_state_vector(layers: int, couplings: int) -> None:
    method = qtn.Hops(layers, couplings)
    found = qtn.compile(DEEP, method, progress=False)
    overlap = Statevector(DEEP).inner(Statevector(found.circuit))
    assert found.infidelity == pytest.approx(1.0 - abs(overlap) ** 2, abs=1e-9)
    # The first layer takes one CX a hop, since its qubits are fresh.
    assert found.two_qubit_depth == 2 * layers - 1 + 2 * couplings
    expected = found.history[-2].infidelity
    assert expected == pytest.approx(found.infidelity, rel=0.3)


def test_couplings_take_off_what_hops_leave() -> None:
    values = [
        qtn.compile(DEEP, qtn.Hops(7, count), progress=False).infidelity for count in (0, 1, 2)
    ]
    assert values[0] > 2.0 * values[1] > 4.0 * values[2]


def test_layers_grow_to_the_goal() -> None:
    found = qtn.compile(DEEP, qtn.Hops(), min_fidelity=0.9995, progress=False)
    assert found.fidelity >= 0.9995
    assert found.status is qtn.Status.REACHED
    costs = [point.two_qubit_gates for point in found.pareto]
    assert len(costs) > 1
    assert costs == sorted(costs)
    usual = qtn.compile(DEEP, qtn.Hops(), progress=False)
    assert usual.fidelity >= 0.99
    assert usual.two_qubit_gates < found.two_qubit_gates


def test_one_chain_without_couplings_is_found_exactly() -> None:
    circuit = QuantumCircuit(6)
    circuit.x([1, 3, 5])
    for _ in range(3):
        for first in (0, 1):
            for q in range(first, 5, 2):
                circuit.rxx(0.4, q, q + 1)
                circuit.ryy(0.4, q, q + 1)
        circuit.rz(0.3, range(6))
    found = qtn.compile(circuit, qtn.Hops(), min_fidelity=1.0 - 1e-6, progress=False)
    assert found.infidelity < 1e-6
    assert found.two_qubit_depth < 12


@pytest.mark.parametrize(
    "options",
    [
        {"layers": 2, "couplings": 1, "line": True},
        {"line": 1},
        {"layers": 0},
        {"layers": 3, "couplings": 4},
        {"couplings": -1},
        {"steps": 0},
        {"basis": "x"},
    ],
)
def test_bad_options_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ArgumentError):
        qtn.Hops(**options)


def test_targets_without_a_circuit_are_refused() -> None:
    ghz = np.zeros(16)
    ghz[[0, 15]] = 0.5**0.5
    with pytest.raises(ArgumentError, match="knows the circuit"):
        qtn.compile(ghz, qtn.Hops(), progress=False)


def test_circuits_of_other_gates_are_refused() -> None:
    circuit = QuantumCircuit(3)
    circuit.h(0)
    circuit.cx([0, 1], [1, 2])
    with pytest.raises(ArgumentError, match=r"conserve|superposition"):
        qtn.compile(circuit, qtn.Hops(), progress=False)


def test_weak_couplings_within_a_chain_are_taken_over_too() -> None:
    circuit = QuantumCircuit(8)
    circuit.x([1, 3, 5, 7])
    for _ in range(5):
        for first in (0, 1):
            for q in range(first, 7, 2):
                circuit.rxx(-0.2, q, q + 1)
                circuit.ryy(-0.2, q, q + 1)
                circuit.rzz(0.02, q, q + 1)
    values = [
        qtn.compile(circuit, qtn.Hops(5, count), progress=False).infidelity for count in (0, 1)
    ]
    assert values[0] < 0.01
    assert values[1] < 0.5 * values[0]


def test_large_circuits_are_certified_with_the_circuit_itself() -> None:
    circuit = qtn.hadron_circuit(sites=12, steps=3)
    found = qtn.compile(circuit, qtn.Hops(3, 0), progress=False)
    assert "blocks" in found.provenance["fidelity by"]
    exact = circuit_to_mps(circuit).fidelity(circuit_to_mps(found.circuit))
    assert found.fidelity == pytest.approx(exact, abs=1e-8)
    assert exact >= found.floor > exact - 1e-5


def test_on_a_line_all_gates_join_neighbours_and_couplings_come_with_the_swaps() -> None:
    order = [q ^ (q // 2 % 2) for q in range(12)]
    circuit = QuantumCircuit(12)
    circuit.compose(DEEP, order, inplace=True)
    found = qtn.compile(circuit, qtn.Hops(5, line=True), progress=False)
    overlap = Statevector(circuit).inner(Statevector(found.circuit))
    assert found.infidelity == pytest.approx(1.0 - abs(overlap) ** 2, abs=1e-9)
    assert found.two_qubit_depth == 5 * 5 - 4
    pairs = [item.qubits for item in found.circuit.data if len(item.qubits) == 2]
    where = found.circuit.find_bit
    assert {abs(where(a).index - where(b).index) for a, b in pairs} == {1}
    without = qtn.compile(DEEP, qtn.Hops(5, 0), progress=False)
    assert found.infidelity < 0.7 * without.infidelity


@pytest.mark.parametrize("filled", [(), (0,), (0, 1), (0, 1, 4)])
def test_empty_full_and_two_mode_chains_are_as_the_state_vector_says(
    filled: tuple[int, ...],
) -> None:
    circuit = QuantumCircuit(6)  # chains of two, of three and of one
    for q in filled:
        circuit.x(q)
    for _ in range(3):
        for a, b in ((0, 1), (2, 3), (3, 4)):
            circuit.append(XXPlusYYGate(0.5), [a, b])
    exact = Statevector(circuit)
    for layers in (1, 2):
        found = qtn.compile(circuit, qtn.Hops(layers, couplings=1), progress=False)
        overlap = abs(np.vdot(exact.data, Statevector(found.circuit).data)) ** 2
        assert found.infidelity == pytest.approx(1.0 - overlap, abs=1e-12)
        assert found.infidelity < 0.1 * len(filled) + 1e-9


def test_the_floor_holds_what_reading_the_circuit_dropped() -> None:
    modes = [7, 3, 4, 8, 2, 6, 0, 1, 5]  # one chain across the line, so that reading takes swaps
    circuit, rng = QuantumCircuit(9), np.random.default_rng(0)
    for q in (0, 2, 3, 8):
        circuit.x(q)
    for _ in range(6):
        for first in (0, 1):
            for k in range(first, 8, 2):
                angle = rng.uniform(0.0, 0.2)
                circuit.append(XXPlusYYGate(angle), [modes[k], modes[k + 1]])
    found = qtn.compile(circuit, qtn.Hops(2), progress=False)
    overlap = abs(np.vdot(Statevector(circuit).data, Statevector(found.circuit).data)) ** 2
    assert found.floor <= overlap + 1e-13
    assert found.floor >= overlap - 1e-6
