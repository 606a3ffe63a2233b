"""The layered kernel of operators: equal to whole matrices and to the transverse kernel."""

from __future__ import annotations

import numpy as np
import pytest
from aqc.kernels.unitaries import dense_operators as dense

import qtn
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.unitaries.across import AcrossKernel
from qtn.aqc.kernels.unitaries.between import BetweenKernel
from qtn.aqc.shape.ansatz import Ansatz, Layer, brickwall_shape
from qtn.states.schmidt import SchmidtForm

ODD = Ansatz(5, (Layer((0, 3)), Layer((1,)), Layer((0, 2)), Layer((3,))))


@pytest.mark.parametrize("ansatz", [brickwall_shape(2, 1), brickwall_shape(5, 4), ODD])
def test_value_and_environments_are_exact_without_truncation(ansatz):
    rng = np.random.default_rng(3)
    target = dense.random_matrix(rng, ansatz.n)
    gates = dense.random_gates(rng, ansatz.size, False)
    overlap, found = BetweenKernel(dense.form_of(target), ansatz, 1e-15).evaluate(parted(gates))
    exact = np.vdot(target, dense.circuit_matrix(ansatz, gates)) / len(target)
    assert abs(overlap - exact) < 1e-10
    for number in (0, ansatz.size - 1):
        one = dense.environment(ansatz, gates, target, number)
        assert np.abs(joined(found)[number] - one).max() < 1e-10


def test_both_kernels_agree_on_a_chain_that_is_truncated():
    u = qtn.propagator(qtn.chain("heisenberg", 14), 0.6)
    form = SchmidtForm.from_left(u.chain.normalised().tensors)
    ansatz, rng = brickwall_shape(14, 5), np.random.default_rng(0)
    near = np.tile(np.eye(4), (ansatz.size, 1, 1)) + 0.1 * rng.normal(size=(ansatz.size, 4, 4))
    gates = parted(np.linalg.qr(near)[0] + 0j)
    one, ones = AcrossKernel(form, ansatz, 1e-13).evaluate(gates)
    other, others = BetweenKernel(form, ansatz, 1e-13).evaluate(gates)
    assert abs(one - other) < 1e-6 * abs(one)
    assert np.abs(ones - others).max() < 1e-5 * np.abs(ones).max()
