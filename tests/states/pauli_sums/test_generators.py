"""Circuits as rotations and one Clifford; what cannot be one is refused."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.errors import ArgumentError
from qtn.states.pauli_sums import Damping, Turn, generators_of

T = np.diag([1.0, np.exp(0.25j * np.pi)])
H = np.array([[1, 1], [1, -1]]) / np.sqrt(2)


def test_a_rotation_is_seen_through_the_cliffords_before_it():
    made = generators_of(1, [((0,), H), ((0,), T)])  # T after H turns about X
    assert made.x.tolist() == [[1]]
    assert made.z.tolist() == [[0]]
    assert made.cosines[0] == pytest.approx(np.cos(np.pi / 4))
    assert "1 rotations" in repr(made)
    assert "rotations" in str(made)


def test_the_sign_of_a_string_is_that_of_its_angle():
    flip = np.array([[0, 1], [1, 0]])
    one, other = (generators_of(1, [*front, ((0,), T)]) for front in ([], [((0,), flip)]))
    assert one.sines[0] == pytest.approx(-other.sines[0])


def test_nothing_is_kept_of_no_angle():
    assert len(generators_of(3, [Turn(((0, "X"), (2, "Y")), 0.0)]).kinds) == 0


@pytest.mark.parametrize(
    ("gate", "words"),
    [
        (Turn(((3, "X"),), 0.1), "qubits"),
        (Turn(((0, "X"), (0, "Z")), 0.1), "qubits"),
        (Turn(((0, "Q"),), 0.1), "letters"),
        (Turn((), 0.1), "letters"),
        (Turn(((0, "X"),), np.nan), "angle"),
        (Damping(((0, "X"),), np.inf), "factor"),
        (((0, 1, 2), np.eye(8)), "gates"),
        (((0,), np.eye(4)), "gates"),
        (((0,), 2 * np.eye(2)), "unitary"),
    ],
)
def test_what_is_no_gate_is_refused(gate, words):
    with pytest.raises(ArgumentError, match=words):
        generators_of(3, [gate])
