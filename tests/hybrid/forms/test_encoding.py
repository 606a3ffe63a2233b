"""Rows as rotations, against state vectors."""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qtn.errors import ArgumentError
from qtn.hybrid.forms.encoding import check_levels, encoding_angles, undo_rows, width


@pytest.mark.parametrize("levels", [(1, 2), (3,), (4, 2, 3)])
def test_a_row_undone_is_zero(levels: tuple[int, ...]) -> None:
    rng = np.random.default_rng(len(levels))
    vectors = [rng.normal(size=(4, d)) for d in levels]
    places, start = [], 0
    for d in levels:
        places.append(tuple(range(start, start + width(d))))
        start += width(d)
    circuit = QuantumCircuit(start)
    undo_rows(circuit, places)
    angles = encoding_angles(vectors)
    for row in range(4):
        state = np.ones(1)
        for v, d in zip(vectors, levels):
            padded = np.pad(v[row], (0, 2 ** width(d) - d)).reshape((2,) * width(d))
            # The first qubit of a site is its most significant, qubit 0 the least of a vector.
            state = np.kron(padded.T.reshape(-1), state)
        state = Statevector(state / np.linalg.norm(state))
        found = state.evolve(circuit.assign_parameters(angles[row])).data
        assert abs(found[0]) == pytest.approx(1)


def test_five_levels_are_refused() -> None:
    check_levels([4, 2])
    with pytest.raises(ArgumentError, match="dimension 5, but a row is written on at most"):
        check_levels([2, 5])
