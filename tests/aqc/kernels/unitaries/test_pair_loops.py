"""Gates on leg pairs in blocks: against einsum, for groups of every size and ragged ends."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.aqc.kernels.gates import parted
from qtn.aqc.kernels.unitaries import pair_loops


def problem(pre: int, size: int, post: int, chi: int):
    rng = np.random.default_rng(size)
    rows = 4**size
    gates = rng.normal(size=(size, 4, 4)) + 1j * rng.normal(size=(size, 4, 4))
    boundary = rng.normal(size=(pre, rows, post, 2, chi))
    width = -(-3 * chi // 16) * 16
    return gates, boundary, np.zeros((5, 2, rows, width)), (pre, rows, post, chi)


def applied(boundary: np.ndarray, gates: np.ndarray) -> np.ndarray:
    pre, _, post, _, chi = boundary.shape
    legs = (boundary[:, :, :, 0] + 1j * boundary[:, :, :, 1]).reshape(
        pre, *(4,) * len(gates), post, chi
    )
    for k, gate in enumerate(gates):
        legs = np.moveaxis(np.tensordot(gate, legs, (1, k + 1)), 0, k + 1)
    out = legs.reshape(pre, -1, post, chi)
    return np.stack([out.real, out.imag], axis=3)


@pytest.mark.parametrize(
    ("pre", "size", "post", "chi"), [(1, 1, 1, 1), (4, 1, 1, 5), (1, 2, 4, 7), (4, 3, 1, 24)]
)
def test_groups_of_gates_and_their_environments(pre, size, post, chi):
    gates, boundary, blocks, shape = problem(pre, size, post, chi)
    exact = applied(boundary, gates)
    flat = boundary.reshape(-1).copy()
    pair_loops.apply_group(flat, parted(gates), shape, blocks)
    assert np.allclose(flat, exact.reshape(-1), atol=1e-10)
    after = np.random.default_rng(9).normal(size=boundary.shape)
    found = np.zeros((size, 2, 4, 4))
    back = after.reshape(-1).copy()
    transposed = np.ascontiguousarray(parted(gates).transpose(0, 1, 3, 2))
    pair_loops.return_group(
        boundary.reshape(-1), back, parted(gates), transposed, found, shape, blocks
    )
    assert np.allclose(back, applied(after, gates.transpose(0, 2, 1)).reshape(-1), atol=1e-10)
    w, v = (x[:, :, :, 0] + 1j * x[:, :, :, 1] for x in (after, exact))
    for k in range(size):
        value = np.sum((found[k, 0] + 1j * found[k, 1]) * gates[k])
        assert value == pytest.approx(np.sum(w * v), rel=1e-9)
