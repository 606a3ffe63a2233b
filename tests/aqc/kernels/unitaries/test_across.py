"""The transverse kernel of operators against whole matrices."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.kernels.unitaries import dense_operators as dense

from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.unitaries.across import AcrossKernel
from qtn.aqc.shape.ansatz import brickwall_shape, staircase_shape

SHAPES = [(2, 1), (2, 3), (3, 1), (3, 2), (3, 5), (4, 4), (5, 3), (5, 4), (4, 7), (6, 5)]


@pytest.mark.parametrize(("n", "layers"), SHAPES)
def test_value_and_environments_are_exact(n, layers):
    rng = np.random.default_rng(10 * n + layers)
    ansatz, target = brickwall_shape(n, layers), dense.random_matrix(rng, n)
    gates = dense.random_gates(rng, ansatz.size, False)
    kernel = AcrossKernel(dense.form_of(target), ansatz, 1e-14)
    overlap, found = kernel.evaluate(parted(gates))
    exact = np.vdot(target, dense.circuit_matrix(ansatz, gates)) / 2**n
    assert abs(overlap - exact) < 1e-13
    assert abs(kernel.overlap(parted(gates)) - exact) < 1e-13
    for number in rng.choice(ansatz.size, min(3, ansatz.size), replace=False):
        one = dense.environment(ansatz, gates, target, number)
        assert np.abs(joined(found)[number] - one).max() < 1e-13


def test_a_smaller_cut_takes_more_of_the_target():
    rng = np.random.default_rng(0)
    ansatz, target = brickwall_shape(4, 3), dense.random_matrix(rng, 4)
    gates = parted(dense.random_gates(rng, ansatz.size, False))
    kernel = AcrossKernel(dense.form_of(target), ansatz, 1e-4)
    rough = kernel.overlap(gates)
    kernel.cut = 1e-13
    assert abs(kernel.overlap(gates) - AcrossKernel(dense.form_of(target), ansatz, 1e-13).overlap(
        gates
    )) == 0.0  # fmt: skip
    assert np.isfinite(rough)


def test_other_shapes_are_refused():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="brickwalls only"):
        AcrossKernel(dense.form_of(dense.random_matrix(rng, 4)), staircase_shape(4, 1))
