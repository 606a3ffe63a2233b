"""Formulas with free coefficients: the gradient, Trotter among them, and what they gain."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.kernels.unitaries.dense_operators import circuit_matrix, turned
from scipy.linalg import expm
from scipy.optimize import check_grad

import qtn
from qtn.aqc.kernels.gates import joined
from qtn.aqc.shape.ansatz import brickwall_shape
from qtn.aqc.starts.formulas import fit_of, fitted, formula_gates, second_order
from qtn.physics.terms import bond_matrices, read_terms

CHAIN = qtn.chain("xyz", 5, x=0.7, z=1.3, field=0.4)
BONDS = bond_matrices(read_terms(CHAIN))


def missing(coefficients: np.ndarray, time: float) -> float:
    ansatz = brickwall_shape(5, len(coefficients))
    gates = joined(formula_gates(BONDS, time, coefficients, ansatz))
    exact = expm(-1j * time * CHAIN.to_matrix())
    return 1.0 - abs(np.trace(exact.conj().T @ turned(circuit_matrix(ansatz, gates))) / 32) ** 2


@pytest.mark.parametrize("depth", [5, 7, 9])
def test_value_and_gradient_of_a_fit(depth):
    problem, rng = fit_of(BONDS, 1.1, depth), np.random.default_rng(depth)
    z = 0.3 * rng.normal(size=problem.free.shape[1])
    coefficients = problem.base + problem.free @ z
    assert np.allclose(coefficients, coefficients[::-1])
    assert np.allclose([coefficients[::2].sum(), coefficients[1::2].sum()], 1.0)
    assert np.exp(problem.value(z)[0]) == pytest.approx(missing(coefficients, 1.1), rel=1e-8)
    wrong = check_grad(lambda x: problem.value(x)[0], lambda x: problem.value(x)[1], z)
    assert wrong < 1e-4


def test_fitted_formulas_beat_trotter_which_is_among_them():
    found = fitted(BONDS, 1.1, 9, np.random.default_rng(0))
    assert np.allclose(found[-1], second_order(9))
    assert missing(found[0], 1.1) < 0.1 * missing(second_order(9), 1.1)
    assert len(fitted(BONDS, 1.1, 3, np.random.default_rng(0))) == 1


def test_layers_beyond_a_formula_are_identities():
    gates = joined(formula_gates(BONDS, 0.3, second_order(3), brickwall_shape(5, 4)))
    assert np.allclose(gates[-2:], np.eye(4))
