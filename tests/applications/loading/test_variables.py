"""Several variables: chains over all digits, in the cheapest order."""

from __future__ import annotations

import numpy as np
import pytest

from qtn.applications.loading.variables import checked_values, several
from qtn.errors import ArgumentError


def values(laid: object, counts: tuple[int, ...]) -> np.ndarray:
    """Return the amplitudes as a table over the cells of all variables."""
    state, sites = laid.state, laid.sites  # type: ignore[attr-defined]
    dense = state.to_dense().reshape((2,) * state.n)
    axes = [state.n - 1 - site for part in sites for site in part]
    return np.asarray(dense.transpose(axes).reshape([2**count for count in counts]))


@pytest.mark.parametrize("counts", [(4, 5), (3, 1, 4), (2, 3, 2, 3)])
def test_they_hold_the_function(counts: tuple[int, ...]) -> None:
    def hill(*x: np.ndarray) -> np.ndarray:
        total = sum((v - 0.3 * k) ** 2 for k, v in enumerate(x))
        return np.exp(-total) * (1 + 0.5 * np.sin(x[0] * x[-1]))

    laid = several(hill, [(-1.5, 2.0)] * len(counts), counts, 1e-7)
    axes = [-1.5 + 3.5 * (np.arange(2**c) + 0.5) / 2**c for c in counts]
    exact = hill(*np.meshgrid(*axes, indexing="ij"))
    found = values(laid, counts)
    assert np.abs(found - exact / np.linalg.norm(exact)).max() < 1e-6
    assert sorted(site for part in laid.sites for site in part) == list(range(sum(counts)))


def test_the_coarse_digits_of_two_variables_meet() -> None:
    laid = several(lambda x, y: np.exp(-x * x + x * y - y * y), [(-3, 3)] * 2, (6, 6), 1e-4)
    assert laid.sites == ((5, 4, 3, 2, 1, 0), (6, 7, 8, 9, 10, 11))
    assert laid.state.bonds[0] <= 2
    assert laid.state.bonds[-1] <= 2


def test_kinks_and_bad_values_are_refused() -> None:
    with pytest.raises(ArgumentError, match=r"no polynomial of degree 255 .* kinks"):
        several(lambda x, y: np.abs(x + y - 0.4), [(-1, 1)] * 2, (4, 4), 1e-6)
    with pytest.raises(ArgumentError, match="must take 2 arrays"):
        checked_values(lambda x, y: np.ones((2, len(x))), np.zeros((3, 2)))
    with pytest.raises(ArgumentError, match=r"not at \(0.0, 0.0\)"):
        checked_values(lambda x, y: np.where(x + y == 0, np.inf, 1.0), np.zeros((3, 2)))
    with pytest.raises(ArgumentError, match="they are complex"):
        checked_values(lambda x, y: 1j * x, np.ones((3, 2)))
