"""Overlaps without overflow, infidelities without cancellation."""

from __future__ import annotations

import numpy as np
import pytest
from states.kernels.test_gauge import dense
from states.kernels.test_truncate import chain

import qtn
from qtn.states.kernels.gauge import normalise_chain
from qtn.states.kernels.overlap import add_chains, check_same_sites, log_overlap, residual_weight


def test_overlap_of_two_chains() -> None:
    a, b = chain(seed=1), [t.astype(complex) * 1j for t in chain(bond=3, seed=2)]
    phase, log_size = log_overlap(a, b)
    assert np.isclose(phase * np.exp(log_size), np.vdot(dense(a), dense(b)))
    assert np.isclose(abs(phase), 1.0)


def test_orthogonal_and_huge() -> None:
    up, down = ([np.array(v, float).reshape(1, 2, 1)] * 3 for v in ([1, 0], [0, 1]))
    assert log_overlap(up, down) == (0.0, -np.inf)
    huge = [1e100 * t for t in up]
    assert np.isclose(log_overlap(huge, huge)[1], 6 * 100 * np.log(10))


def test_sum_of_chains() -> None:
    a, b = chain(seed=1), chain(bond=2, seed=2)
    assert np.allclose(dense(add_chains(a, b, 2.0, -1j)), 2.0 * dense(a) - 1j * dense(b))
    one = [t[:, :, :1] for t in chain(n=1)]
    assert np.allclose(dense(add_chains(one, one)), 2 * dense(one))


@pytest.mark.parametrize("angle", [1e-3, 1e-9, 1e-14])
def test_tiny_infidelities_keep_their_digits(angle: float) -> None:
    a = normalise_chain(chain(seed=3))
    away = normalise_chain(add_chains(b := normalise_chain(chain(seed=4)), a, 1.0, -_dot(a, b)))
    turned = add_chains(a, away, np.cos(angle), np.sin(angle))
    assert residual_weight(a, turned) == pytest.approx(np.sin(angle) ** 2, rel=1e-2)


def _dot(a: list[np.ndarray], b: list[np.ndarray]) -> complex:
    return complex(np.vdot(dense(a), dense(b)))


def test_other_sites_are_refused() -> None:
    with pytest.raises(qtn.ArgumentError, match=r"must have the same sites"):
        check_same_sites(chain(4), chain(5))
