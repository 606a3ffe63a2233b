"""Matrices that are nearly unitary, wherever a circuit can hold them."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.circuit import Parameter
from qiskit.circuit.library import PauliEvolutionGate, UnitaryGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import Operator, SparsePauliOp, Statevector, random_unitary
from scipy.linalg import expm

import qtn
from qtn.interop.unitary import nearest_unitary, with_unitary_gates

NOISE = np.random.default_rng(0).standard_normal((4, 4))
EXACT = random_unitary(4, seed=1).data
ROUGH = EXACT + 3e-9 * NOISE


def distance_from_unitary(matrix: np.ndarray) -> float:
    return float(np.abs(matrix.conj().T @ matrix - np.eye(len(matrix))).max())


def holders() -> dict[str, QuantumCircuit]:
    plain = QuantumCircuit(2)
    plain.unitary(ROUGH, [1, 0])
    inside = QuantumCircuit(3)
    inside.h(0)
    inside.append(plain.to_gate(), [2, 0])
    annotated = QuantumCircuit(3)
    annotated.append(UnitaryGate(ROUGH).control(1, annotated=True), [0, 2, 1])
    return {"plain": plain, "inside": inside, "annotated": annotated}


@pytest.mark.parametrize("name", holders())
def test_every_holder_becomes_unitary_and_stays_near(name: str) -> None:
    circuit = holders()[name]
    before = Operator(circuit).data
    exact = Operator(with_unitary_gates(circuit)).data
    assert distance_from_unitary(before) > 1e-9
    assert distance_from_unitary(exact) < 1e-13
    assert np.abs(exact - before).max() < 4e-8
    np.testing.assert_array_equal(Operator(circuit).data, before)  # the caller's is as it was
    again = with_unitary_gates(circuit)
    assert with_unitary_gates(again) is again


def test_bodies_of_conditions_are_looked_into() -> None:
    circuit = QuantumCircuit(2, 1)
    circuit.h(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.unitary(ROUGH, [0, 1])
    body = with_unitary_gates(circuit).data[2].operation.blocks[0]
    assert distance_from_unitary(Operator(body.data[0].operation).data) < 1e-13
    assert with_unitary_gates(body) is body


def test_what_is_exact_or_free_stays_as_it_is() -> None:
    circuit = QuantumCircuit(2)
    circuit.rx(Parameter("a"), 0)
    assert with_unitary_gates(circuit) is circuit
    circuit.unitary(EXACT, [0, 1])
    assert with_unitary_gates(circuit) is circuit
    np.testing.assert_array_equal(nearest_unitary(EXACT), EXACT)


def test_nearest_in_the_frobenius_norm() -> None:
    best = np.linalg.norm(nearest_unitary(ROUGH) - ROUGH)
    for seed in range(20):
        angle = 1e-9 * np.random.default_rng(seed).standard_normal((4, 4))
        other = nearest_unitary(ROUGH) @ (np.eye(4) + 1j * (angle + angle.T))
        assert np.linalg.norm(other - ROUGH) > best


@pytest.mark.parametrize("device", ["aer", "tensor", "backend"])
def test_devices_run_it(device: str) -> None:
    circuit = holders()["plain"]
    place = GenericBackendV2(2, noise_info=False, seed=0) if device == "backend" else device
    counts = qtn.run(circuit, device=place, shots=4000, seed=0, progress=False).counts()
    # the gate's first qubit is qubit 1
    exact = dict(zip(("00", "10", "01", "11"), abs(EXACT[:, 0]) ** 2))
    for bits, chance in exact.items():
        assert abs(counts.get(bits, 0) / 4000 - chance) < 5 * np.sqrt(chance / 4000)


def test_compile_and_verify_take_it() -> None:
    circuit = holders()["plain"]
    assert qtn.compile(circuit, seed=0).fidelity == pytest.approx(1.0, abs=1e-12)
    value = qtn.verify(circuit, observables=["ZI"]).values[0].value
    assert value == pytest.approx(np.array([1, -1, 1, -1]) @ abs(EXACT[:, 0]) ** 2, abs=1e-7)


@pytest.mark.parametrize("call", [qtn.compile, qtn.run, lambda c: qtn.verify(c, observables="ZZ")])
def test_farther_ones_are_refused_with_the_distance(call) -> None:
    circuit = QuantumCircuit(2)
    circuit.append(UnitaryGate((1 + 3e-6) * EXACT, check_input=False), [0, 1])
    with pytest.raises(qtn.ArgumentError, match=r"on 2 qubits is 3e-06 away from the nearest"):
        call(circuit)


def test_what_is_no_square_matrix() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"must be square, but has shape \(2, 3\)"):
        nearest_unitary(np.ones((2, 3)))
    with pytest.raises(qtn.ArgumentError, match=r"finite numbers only"):
        nearest_unitary([[1, 0], [0, np.nan]])


def test_an_evolution_is_its_product_formula_at_every_door() -> None:
    """Terms that do not commute: the matrix e^{-itH} differs from what a device runs."""
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.append(PauliEvolutionGate(SparsePauliOp(["XY", "ZI"], [0.7, 0.9]), time=1.3), [0, 1])
    exact = Statevector(circuit.decompose(reps=3))
    observable = SparsePauliOp(["ZI", "YZ"], [1.0, 0.5])
    truth = exact.expectation_value(observable).real
    generator = SparsePauliOp(["XY", "ZI"], [0.7, 0.9]).to_matrix()
    matrix = Statevector(expm(-1.3j * generator) @ np.array([1, 1, 0, 0]) / np.sqrt(2))
    assert abs(truth - matrix.expectation_value(observable).real) > 0.1
    assert qtn.verify(circuit, exact.data).fidelity == pytest.approx(1.0, abs=1e-9)
    assert qtn.verify(circuit, observables=observable).values[0].value == pytest.approx(truth)
    for device in ("aer", "tensor"):
        found = qtn.run(circuit, observable, device=device, shots=4000, progress=False).values[0]
        assert abs(float(found.value) - truth) < 5 * float(found.stderr)
    assert qtn.compile(circuit, seed=0).fidelity == pytest.approx(1.0, abs=1e-9)
    again = with_unitary_gates(with_unitary_gates(circuit))
    assert Operator(again).equiv(Operator(circuit.decompose(reps=3)))
