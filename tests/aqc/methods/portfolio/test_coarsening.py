"""Whether `Auto` draws deep circuits together, and what that saves."""

import pytest
from qiskit import QuantumCircuit
from qiskit.circuit.library import UnitaryGate
from qiskit.quantum_info import random_unitary

import qtn
from qtn.aqc.methods.portfolio.coarsening import by_coarsening, of_deep_circuits, settled
from qtn.aqc.methods.portfolio.scene import Scene
from qtn.aqc.search.job import Job
from qtn.interop.circuits import circuit_to_mps


def _kicked(n: int, kicks: int, angle: float = 0.4) -> QuantumCircuit:
    circuit = QuantumCircuit(n)
    for _ in range(kicks):
        for first in (0, 1):
            for q in range(first, n - 1, 2):
                circuit.rzz(angle, q, q + 1)
        circuit.rx(angle, range(n))
    return circuit


def _scene(circuit: QuantumCircuit, goal: float = 1e-3, **options) -> Scene:
    return Scene(Job(circuit_to_mps(circuit), goal), **options)


def test_only_remembered_circuits_that_are_deep_are_drawn_together() -> None:
    deep = _scene(_kicked(8, 6))
    assert of_deep_circuits(deep)
    assert not of_deep_circuits(_scene(_kicked(3, 6)))
    assert not of_deep_circuits(_scene(_kicked(8, 1)))
    assert not of_deep_circuits(Scene(Job(qtn.MPS(deep.job.state.tensors), 1e-3)))


@pytest.mark.parametrize("angle", [0.3, 0.4])
def test_few_layers_reach_the_goal(angle: float) -> None:
    scene = _scene(_kicked(12, 6, angle))
    found = by_coarsening(scene)
    assert found is not None
    best = found.best
    assert best.infidelity <= 1e-3
    assert best.two_qubit_depth <= 7  # three layers
    certified = scene.job.certified(best.sequence).infidelity
    assert certified <= 1e-3
    assert certified == pytest.approx(best.infidelity, rel=1e-2)
    assert not settled(scene)
    scene.seen("coarser circuits", found)
    near = any(1e-3 < point.infidelity <= 4e-3 for point in found.pareto)
    assert settled(scene) is not near


def test_budgets_end_it() -> None:
    circuit = _kicked(12, 6)
    flat = by_coarsening(_scene(circuit, 1e-12, max_depth=7))
    assert flat is not None
    assert flat.pareto[-1].two_qubit_depth <= 10
    assert by_coarsening(_scene(circuit, limit=10)) is None


def test_random_gates_are_not_searched() -> None:
    circuit = QuantumCircuit(10)
    for layer in range(5):
        for q in range(layer % 2, 9, 2):
            gate = UnitaryGate(random_unitary(4, seed=100 * layer + q))
            circuit.append(gate, [q, q + 1])
    assert by_coarsening(_scene(circuit)) is None


def test_auto_takes_no_more_gates_than_from_bare_tensors() -> None:
    state = circuit_to_mps(_kicked(12, 6))
    short = qtn.compile(state, qtn.Auto(infidelity=1e-3), progress=False)
    bare = qtn.compile(qtn.MPS(state.tensors), qtn.Auto(infidelity=1e-3), progress=False)
    assert short.infidelity <= 1e-3
    assert short.two_qubit_gates <= bare.two_qubit_gates
