"""The compiled sweeps against plain sums, their derivatives against finite differences."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.models.networks import chain_kernels as kernels
from qtn.states.kernels.blas import GEMM

SITES, BOND, PHYS, BATCH = 4, 3, 2, 5
BLAS = GEMM[np.dtype(float)]


def ones() -> np.ndarray:
    return np.ones((BOND, BATCH))


def arrays() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(SITES, BOND, PHYS * BOND)), rng.normal(size=(SITES, PHYS, BATCH))


def swept(w: np.ndarray, x: np.ndarray, reverse: bool) -> tuple[np.ndarray, np.ndarray]:
    h, c = np.empty((SITES + 1, BOND, BATCH)), np.empty((SITES, BATCH))
    h[0] = 0.0
    h[0, 0] = 1.0
    kernels.sweep(BLAS, w, x, reverse, h, c)
    return h, c


@pytest.mark.parametrize("reverse", [False, True])
def test_vectors_times_scales_are_the_plain_products(reverse: bool) -> None:
    w, x = arrays()
    h, c = swept(w, x, reverse)
    wanted = np.zeros((BOND, BATCH))
    wanted[0] = 1.0
    for core, features in zip(w.reshape(SITES, BOND, PHYS, BOND), x[::-1] if reverse else x):
        wanted = np.einsum("osa,sb,ab->ob", core, features, wanted)
    assert h[-1] * c.prod(axis=0) == pytest.approx(wanted, rel=1e-12)
    assert np.abs(h[-1]).max(axis=0) == pytest.approx(1.0)


@pytest.mark.parametrize("reverse", [False, True])
def test_derivatives_of_a_sweep(reverse: bool) -> None:
    w, x = arrays()
    weight = np.random.default_rng(1).normal(size=(BOND, BATCH))

    def value(cores: np.ndarray, features: np.ndarray) -> float:
        vectors, scales = swept(cores, features, reverse)
        return float((weight * vectors[-1] * scales.prod(axis=0)).sum())

    h, c = swept(w, x, reverse)
    gw, gx = np.empty_like(w), np.empty_like(x)
    # The scales count as constants, so the derivative of the product takes them as a factor.
    kernels.sweep_backward(BLAS, w, x, reverse, (h, c), weight * c.prod(axis=0), (gw, gx))
    for array, found in ((w, gw), (x, gx)):
        for index in range(0, array.size, 5):
            kept, ends = array.flat[index], []
            for shift in (1e-6, -1e-6):
                array.flat[index] = kept + shift
                ends.append(value(w, x))
            array.flat[index] = kept
            slope = (ends[0] - ends[1]) / 2e-6
            assert found.flat[index] == pytest.approx(slope, rel=1e-5, abs=1e-8)


def test_derivatives_of_features_may_be_left_out() -> None:
    w, x = arrays()
    h, c = swept(w, x, False)
    gw, with_x = np.empty_like(w), np.empty_like(w)
    kernels.sweep_backward(BLAS, w, x, False, (h, c), ones(), (with_x, np.empty_like(x)))
    kernels.sweep_backward(BLAS, w, x, False, (h, c), ones(), (gw, np.empty((0, 0, 0))))
    assert (gw == with_x).all()


def test_norms_and_their_derivatives() -> None:
    w = arrays()[0].reshape(SITES, BOND, PHYS, BOND).transpose(0, 2, 1, 3).copy()
    weight = np.random.default_rng(2).normal(size=(BOND, BOND))

    def norm(cores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        e, c = np.empty((SITES + 1, BOND, BOND)), np.empty(SITES)
        e[0] = 0.0
        e[0, 0, 0] = 1.0
        kernels.transfer(BLAS, cores, e, c)
        return e, c

    e, c = norm(w)
    wanted = np.diag([1.0, 0.0, 0.0])
    for core in w:
        wanted = sum(m @ wanted @ m.T for m in core)
    assert e[-1] * c.prod() == pytest.approx(wanted, rel=1e-12)
    gw = np.empty_like(w)
    kernels.transfer_backward(BLAS, w, e, c, weight * c.prod(), gw)
    for index in range(0, w.size, 7):
        kept, ends = w.flat[index], []
        for shift in (1e-6, -1e-6):
            w.flat[index] = kept + shift
            found, scale = norm(w)
            ends.append(float((weight * found[-1]).sum() * scale.prod()))
        w.flat[index] = kept
        slope = (ends[0] - ends[1]) / 2e-6
        assert gw.flat[index] == pytest.approx(slope, rel=1e-5, abs=1e-8)
