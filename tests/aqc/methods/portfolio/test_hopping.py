"""Whether `Auto` sees circuits of hops, and what it makes of them."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import XXPlusYYGate
from qiskit.quantum_info import Statevector

import qtn
from qtn.aqc.methods.portfolio.hopping import by_hops, of_hops
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.job import Job
from qtn.interop.circuits import circuit_to_mps


def _scene(circuit: QuantumCircuit) -> Scene:
    return Scene(Job(circuit_to_mps(circuit), 1e-3))


def _xxz(delta: float, seed: int) -> QuantumCircuit:
    """Trotter steps of a chain with random bonds."""
    rng = np.random.default_rng(seed)
    circuit = QuantumCircuit(8)
    circuit.x([1, 3, 5, 7])
    bonds = rng.uniform(0.1, 0.2, size=7)
    for _ in range(6):
        for first in (0, 1):
            for q in range(first, 7, 2):
                circuit.rxx(-bonds[q], q, q + 1)
                circuit.ryy(-bonds[q], q, q + 1)
                circuit.rzz(delta * bonds[q], q, q + 1)
    return circuit


def test_circuits_of_weakly_coupled_hops_are_seen_and_others_are_not() -> None:
    assert of_hops(_scene(qtn.hadron_circuit(sites=4, steps=3)))
    assert of_hops(_scene(_xxz(0.05, 0)))
    strong = qtn.hadron_circuit(sites=4, steps=6, hop=0.3, coupling=1.0)
    assert not of_hops(_scene(strong))
    plain = QuantumCircuit(4)
    plain.h(0)
    plain.cx([0, 1, 2], [1, 2, 3])
    assert not of_hops(_scene(plain))
    phases = QuantumCircuit(4)
    phases.x(0)
    phases.cp(0.1, 0, 1)
    assert not of_hops(_scene(phases))
    given = circuit_to_mps(plain)
    assert not of_hops(Scene(Job(qtn.MPS(given.tensors), 1e-3)))


@pytest.mark.parametrize("seed", [1, 2])
def test_auto_finds_fewer_gates_than_general_blocks_do(seed: int) -> None:
    circuit = _xxz(0.0, seed)
    bare = qtn.MPS(circuit_to_mps(circuit).tensors)
    found = qtn.compile(circuit, qtn.Auto(infidelity=1e-3), progress=False)
    other = qtn.compile(bare, qtn.Auto(infidelity=1e-3), progress=False)
    assert found.infidelity <= 1e-3
    assert found.two_qubit_gates <= other.two_qubit_gates


def test_strong_couplings_are_told_as_they_are() -> None:
    circuit = _xxz(2.0, 3)
    scene = _scene(circuit)
    found = by_hops(scene)
    assert found.best.infidelity == pytest.approx(
        scene.job.certified(found.best.sequence).infidelity
    )


def test_large_circuits_of_hops_are_settled_at_once() -> None:
    circuit = qtn.hadron_circuit(sites=14, steps=4)
    found = qtn.compile(circuit, qtn.Auto(infidelity=1e-2), progress=False)
    assert found.infidelity <= 1e-2
    assert all(point.method.startswith("Hops") for point in found.pareto)


def test_fronts_of_small_targets_hold_certified_figures() -> None:
    rng = np.random.default_rng(0)
    circuit = QuantumCircuit(5)
    circuit.x([0, 2])
    for _ in range(2):
        for a, b in ((0, 1), (2, 3), (3, 4)):
            circuit.append(XXPlusYYGate(0.6, rng.uniform(0.0, 6.0)), [a, b])
            circuit.cp(rng.normal(), a, (b + 1) % 5)
    exact = Statevector(circuit)
    found = qtn.compile(circuit, progress=False)
    assert any(point.method.startswith("Hops") for point in found.pareto)
    for point in found.pareto:
        overlap = abs(np.vdot(exact.data, Statevector(point.circuit).data)) ** 2
        assert point.infidelity == pytest.approx(1.0 - overlap, rel=0.05, abs=1e-9)
