"""Measurements without shots against dense vectors."""

from __future__ import annotations

from typing import Any

import numpy as np
import pennylane as qml
import pytest

from qtn.errors import ArgumentError
from qtn.plugins.pennylane_exact import accepts, exact
from qtn.plugins.pennylane_state import chain_of
from qtn.states import MPS

WIRES = [0, 1, 2, 3]
RNG = np.random.default_rng(4)
VECTOR = RNG.normal(size=16) + 1j * RNG.normal(size=16)
VECTOR /= np.linalg.norm(VECTOR)
HERMITIAN = RNG.normal(size=(4, 4))
HERMITIAN = HERMITIAN + HERMITIAN.T
STATE, _ = chain_of([qml.StatePrep(VECTOR, WIRES)], WIRES, None, 1e-14)

MEASUREMENTS = [
    qml.expval(qml.X(0) @ qml.Y(3)),
    qml.expval(0.5 * qml.Z(1) + 0.25 * qml.X(0) @ qml.X(2) + 2.0 * qml.I(0)),
    qml.expval(qml.Hermitian(HERMITIAN, [3, 1])),
    qml.expval(qml.sum(qml.Hermitian(HERMITIAN, [0, 2]), qml.s_prod(0.5, qml.Z(1)))),
    qml.expval(qml.SparseHamiltonian(qml.Z(0).sparse_matrix(wire_order=WIRES), WIRES)),
    qml.expval(qml.Projector([1, 0], [2, 0])),
    qml.var(qml.X(0) + qml.Z(2)),
    qml.var(qml.Hermitian(HERMITIAN, [0, 1])),
    qml.probs(wires=[3, 0]),
    qml.probs(op=qml.X(1) @ qml.Y(2)),
    qml.state(),
    qml.purity([0, 1]),
    qml.vn_entropy([2]),
]


@pytest.mark.parametrize("measurement", MEASUREMENTS, ids=str)
def test_a_measurement_is_that_of_the_vector(measurement: Any) -> None:
    assert accepts(measurement)
    tape = qml.tape.QuantumScript([qml.StatePrep(VECTOR, WIRES)], [measurement])
    wanted = qml.device("default.qubit", wires=WIRES).execute(tape)
    assert np.allclose(exact(measurement, STATE, WIRES), wanted, atol=1e-10)


def test_what_needs_shots_is_not_accepted() -> None:
    assert not accepts(qml.sample(wires=0))
    assert not accepts(qml.counts())
    assert not accepts(qml.var(qml.SparseHamiltonian(qml.Z(0).sparse_matrix(), [0])))


def test_a_distribution_that_does_not_fit_is_refused() -> None:
    long = MPS.product([[1, 0]] * 30)
    for measurement in (qml.state(), qml.probs(wires=range(25))):
        with pytest.raises(ArgumentError, match=r"does not offer .* on 30 wires without shots"):
            exact(measurement, long, list(range(30)))
    assert exact(qml.probs(wires=[29, 3]), long, list(range(30))).tolist() == [1, 0, 0, 0]
