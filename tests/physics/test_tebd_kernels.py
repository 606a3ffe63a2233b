"""The compiled loops: one split against a singular value decomposition, one layer's bookkeeping."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.physics import product_state, tebd
from qtn.physics import tebd_kernels as kernels

RNG = np.random.default_rng(6)


def block(left: int, right: int) -> np.ndarray:
    return RNG.normal(size=(2 * left, 2 * right)) + 1j * RNG.normal(size=(2 * left, 2 * right))


@pytest.mark.parametrize(("cutoff", "max_bond"), [(0.0, 0), (0.0, 3), (0.05, 0), (0.05, 2)])
def test_a_split_is_a_truncated_singular_value_decomposition(cutoff: float, max_bond: int) -> None:
    theta = block(3, 4)
    charges = np.zeros(6, np.int64), np.zeros(4, np.int64)
    limits = (cutoff, max_bond)
    factor, isometry, schmidt, middle, lost = kernels.split(theta, theta, *charges, 4, 0, limits)
    values = np.linalg.svd(theta, compute_uv=False) ** 2
    shares = values / values.sum()
    tails = np.cumsum(shares[::-1])[::-1]  # what is lost when all from here on are dropped
    wanted = int(np.sum(tails > cutoff))
    wanted = min(wanted, max_bond) if max_bond else wanted
    assert len(schmidt) == wanted
    assert lost == pytest.approx(1 - shares[:wanted].sum(), abs=1e-12)
    assert np.allclose(np.sort(schmidt**2), np.sort(shares[:wanted] / shares[:wanted].sum()))
    assert np.allclose(isometry @ isometry.conj().T, np.eye(wanted))
    assert not middle.any()
    projected = theta @ isometry.conj().T @ isometry
    scale = np.sqrt(values.sum() * (1 - lost))
    assert np.allclose(factor @ isometry, projected / scale)


def test_a_split_keeps_charges_apart() -> None:
    rows, right = np.array([0, 1, 1, 2]), np.array([1, 2])
    columns = np.concatenate([right, right - 1])  # the upper half of the site carries one charge
    theta = np.where(rows[:, None] == columns[None, :], block(2, 2), 0)
    factor, isometry, schmidt, middle, lost = kernels.split(
        theta, theta, rows, right, 2, 1, (0.0, 0)
    )
    assert np.allclose(factor @ isometry * np.linalg.norm(theta), theta)
    assert lost == pytest.approx(0.0, abs=1e-12)
    for k in range(len(schmidt)):
        assert not factor[rows != middle[k], k].any()
        assert not isometry[k, columns != middle[k]].any()


def test_a_layer_stops_where_there_is_no_room() -> None:
    state = tebd.open_chain(product_state("neel", 4).tensors, False)
    q, _ = np.linalg.qr(RNG.normal(size=(3, 4, 4)) + 1j * RNG.normal(size=(3, 4, 4)))
    chain = (state.data, state.weights, state.labels, state.dims)
    narrow = (state.data, state.weights[:, :1].copy(), state.labels, state.dims)
    assert kernels.layer(narrow, state.unit, q, 0, (0.0, 0), state.discarded) == 0
    assert kernels.layer(chain, state.unit, q, 0, (0.0, 0), state.discarded) == 4
    assert state.dims.tolist()[1::2] == [2, 2]
