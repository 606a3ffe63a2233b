"""Boxes as gates: angles of all controlled rotations, daggers, conjugates, by matrices by hand."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit.quantum_info import Operator

from qtn.errors import ArgumentError
from qtn.interop.lambeq.boxes import Parameters, as_gate, scalar_of

quantum = pytest.importorskip("lambeq.backend.quantum", reason="lambeq is not installed")
qubit = quantum.qubit
X, Y, Z = np.array([[0, 1], [1, 0]]), np.array([[0, -1j], [1j, 0]]), np.diag([1, -1])


def turned(axis: np.ndarray, turns: float) -> np.ndarray:
    """exp(-iπ p σ)."""
    return np.cos(np.pi * turns) * np.eye(2) - 1j * np.sin(np.pi * turns) * axis


def controlled(matrix: np.ndarray) -> np.ndarray:
    return np.kron(np.diag([1, 0]), np.eye(len(matrix))) + np.kron(np.diag([0, 1]), matrix)


def matrix_of(box) -> np.ndarray:
    """The matrix with the first wire most significant."""
    gate, order = as_gate(box, Parameters())
    n = len(box.dom)
    assert sorted(order) == sorted(set(order))
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(n)
    circuit.append(gate, [n - 1 - wire for wire in order])
    return Operator(circuit).data


@pytest.mark.parametrize("turns", [0.0, 0.3, -0.7, 2.25])
@pytest.mark.parametrize(("name", "axis"), [("Rx", X), ("Ry", Y), ("Rz", Z)])
def test_rotations_and_their_controlled_forms_keep_every_angle(name, axis, turns):
    """lambeq's own exports lose the angle of CRy, and refuse or change an angle of 0."""
    box = getattr(quantum, name)(turns)
    np.testing.assert_allclose(matrix_of(box), turned(axis, turns), atol=1e-14)
    box = getattr(quantum, f"C{name}")(turns)
    np.testing.assert_allclose(matrix_of(box), controlled(turned(axis, turns)), atol=1e-14)


def test_daggers_are_not_forgotten():
    """By lambeq's way through PennyLane S† becomes S."""
    s, t = np.diag([1, 1j]), np.diag([1, np.exp(0.25j * np.pi)])
    for box, matrix in (
        (quantum.S, s),
        (quantum.T, t),
        (quantum.Y, Y),
        (quantum.H, (X + Z) / 2**0.5),
    ):
        np.testing.assert_allclose(matrix_of(box), matrix, atol=1e-15)
        np.testing.assert_allclose(matrix_of(box.dagger()), matrix.conj().T, atol=1e-15)
        both = controlled(matrix.conj().T)
        np.testing.assert_allclose(matrix_of(quantum.Controlled(box.dagger())), both, atol=1e-14)
        np.testing.assert_allclose(matrix_of(quantum.Controlled(box).dagger()), both, atol=1e-14)
    assert as_gate(quantum.S.dagger(), Parameters())[0].name == "sdg"


def test_conjugated_boxes():
    """A box that RemoveCups turned round has the conjugate matrix."""
    np.testing.assert_allclose(matrix_of(quantum.S.rotate(1)), np.diag([1, -1j]), atol=1e-15)
    np.testing.assert_allclose(matrix_of(quantum.Ry(0.2).rotate(1)), turned(Y, 0.2), atol=1e-15)
    np.testing.assert_allclose(matrix_of(quantum.Rz(0.2).rotate(1)), turned(Z, -0.2), atol=1e-15)


def test_two_controls_and_any_distance():
    """CCX, CCZ and CY, of which each of lambeq's routes lacks some."""
    np.testing.assert_allclose(matrix_of(quantum.CCX), controlled(controlled(X)), atol=1e-14)
    np.testing.assert_allclose(matrix_of(quantum.CCZ), controlled(controlled(Z)), atol=1e-14)
    np.testing.assert_allclose(matrix_of(quantum.CY), controlled(Y), atol=1e-14)
    eye = np.eye(2)
    far = np.kron(np.diag([1, 0]), np.eye(4)) + np.kron(np.diag([0, 1]), np.kron(eye, Y))
    np.testing.assert_allclose(matrix_of(quantum.Controlled(quantum.Y, 2)), far, atol=1e-14)
    back = np.kron(np.eye(4), np.diag([1, 0])) + np.kron(np.kron(Y, eye), np.diag([0, 1]))
    np.testing.assert_allclose(matrix_of(quantum.Controlled(quantum.Y, -2)), back, atol=1e-14)
    outer = quantum.Controlled(quantum.Controlled(quantum.Ry(0.3), -1), 2)  # control, idle, box
    inner = np.kron(eye, np.diag([1, 0])) + np.kron(turned(Y, 0.3), np.diag([0, 1]))
    matrix = np.kron(np.diag([1, 0]), np.eye(8)) + np.kron(np.diag([0, 1]), np.kron(eye, inner))
    np.testing.assert_allclose(matrix_of(outer), matrix, atol=1e-14)


def test_a_unitary_of_ones_own():
    unitary = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4, 2)) @ [1, 1j])[0]
    box = quantum.Box("U", qubit**2, qubit**2, unitary.T.reshape((2,) * 4))
    np.testing.assert_allclose(matrix_of(box), unitary, atol=1e-14)
    np.testing.assert_allclose(matrix_of(box.dagger()), unitary.conj().T, atol=1e-14)


def test_symbols_become_parameters_of_the_same_name():
    from lambeq.backend import Symbol

    parameters = Parameters()
    once, _ = as_gate(quantum.Rx(Symbol("a")), parameters)
    twice, _ = as_gate(quantum.CRy(-2.0 * Symbol("a")), parameters)
    (found,) = once.params[0].parameters
    assert found.name == "a"
    assert found in twice.params[0].parameters
    assert float(twice.params[0].bind({found: 0.25})) == pytest.approx(-np.pi)


def test_scalars():
    assert scalar_of(quantum.Sqrt(2)) == pytest.approx(2**0.5)
    assert scalar_of(quantum.Scalar(0.3 - 2j).dagger()) == 0.3 + 2j


@pytest.mark.parametrize(
    ("box", "message"),
    [
        (quantum.Rx("a"), "neither a number nor a symbol of lambeq"),
        (quantum.Rx(float("nan")), "Give a finite number of turns"),
        (quantum.Box("E", qubit, qubit, np.diag([1.0, 2.0])), "'E' is not unitary"),
        (quantum.Box("F", qubit, qubit), "has no matrix of numbers"),
        (quantum.Box("G", qubit, qubit**2, np.ones((2, 2, 2))), "'G' is not unitary"),
    ],
)
def test_what_is_no_gate(box, message):
    with pytest.raises(ArgumentError, match=message):
        as_gate(box, Parameters())


def test_what_is_no_scalar():
    with pytest.raises(ArgumentError, match="is no number"):
        scalar_of(quantum.H)
    with pytest.raises(ArgumentError, match="Give a finite number"):
        scalar_of(quantum.Scalar(float("inf")))
