"""The dense kernel of operators: value, environments and half-sweeps."""

from __future__ import annotations

import numpy as np
from aqc.kernels.unitaries import dense_operators as dense

import qtn
from qtn.aqc.kernels.gates import joined, parted
from qtn.aqc.kernels.unitaries.whole import WholeKernel
from qtn.aqc.shape.ansatz import staircase_shape


def test_any_shape_exactly_and_sweeps_only_gain():
    rng = np.random.default_rng(0)
    ansatz, target = staircase_shape(4, 2), dense.random_matrix(rng, 4)
    gates = dense.random_gates(rng, ansatz.size, False)
    chain = list(qtn.MPO.from_dense(dense.turned(target)).chain.normalised().tensors)
    kernel = WholeKernel(chain, ansatz)
    overlap, found = kernel.evaluate(parted(gates))
    exact = np.vdot(target, dense.circuit_matrix(ansatz, gates)) / 16
    assert abs(overlap - exact) < 1e-13
    assert abs(kernel.overlap(parted(gates)) - exact) < 1e-13
    one = dense.environment(ansatz, gates, target, 2)
    assert np.abs(joined(found)[2] - one).max() < 1e-13
    used, last = parted(gates), abs(overlap)
    for _ in range(4):
        value = abs(kernel.sweep(used))
        assert value >= last - 1e-12
        last = value
