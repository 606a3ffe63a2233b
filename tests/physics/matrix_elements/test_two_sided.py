"""Propagators by gates from both sides are those of the matrix exponential, at all times."""

from __future__ import annotations

import numpy as np
import pytest
from exact_elements import mixed_field
from qiskit.quantum_info import SparsePauliOp
from scipy.linalg import expm

from qtn.physics.matrix_elements.sectors import BASIS, Site, largest_bond, letters_of, trace
from qtn.physics.matrix_elements.two_sided import propagators
from qtn.physics.terms import read_terms


def dense(sites: list[Site], *, real: bool) -> np.ndarray:
    """Write an operator out, qubit 0 least significant."""
    letters = letters_of(real)
    rows = {0: np.ones((1, 1, 1), complex)}
    for site in sites:
        following: dict[int, np.ndarray] = {}
        for (a, b), block in site.items():
            if a in rows:
                own = np.einsum("lpr,pij->lijr", block, BASIS[list(letters.of(a ^ b))])
                grown = np.einsum("xyl,lijr->ixjyr", rows[a], own)
                side = 2 * len(rows[a])
                following[b] = following.get(b, 0) + grown.reshape(side, side, -1)
        rows = following
    return rows[0][:, :, 0]


def test_a_real_hamiltonian() -> None:
    operator = mixed_field(5, -1.05, 0.5)
    times = []
    for k, (sites, lost) in enumerate(propagators(read_terms(operator), 0.15, 6, 4096)):
        exact = expm(-0.15j * k * operator.to_matrix())
        assert dense(sites, real=True) == pytest.approx(exact, abs=2e-6)
        assert trace(sites) == pytest.approx(np.trace(exact) / 32, abs=1e-6)
        assert lost < 1e-10
        times.append(largest_bond(sites))
    assert times[0] == 1 < times[-1] <= 16


def test_a_complex_hamiltonian() -> None:
    operator = SparsePauliOp.from_sparse_list(
        [("ZY", [0, 1], 0.7), ("ZY", [1, 2], -0.4), ("XX", [2, 3], 1.0), ("X", [1], 0.3)], 4
    )
    *_, (sites, _) = propagators(read_terms(operator), 0.2, 3, 4096)
    assert dense(sites, real=False) == pytest.approx(expm(-0.6j * operator.to_matrix()), abs=2e-6)


def test_a_strong_coupling_takes_shorter_steps() -> None:
    operator = SparsePauliOp.from_sparse_list([("XX", [0, 1], 5.0), ("ZZ", [1, 2], 1.0),
                                               ("Z", [0], 3.0)], 3)  # fmt: skip
    *_, (sites, _) = propagators(read_terms(operator), 0.5, 1, 4096)
    assert dense(sites, real=True) == pytest.approx(expm(-0.5j * operator.to_matrix()), abs=1e-5)


def test_cuts_are_near_the_best() -> None:
    # Subspace iteration loses at most a little more than the tail of the exact operator.
    operator = mixed_field(8, -1.05, 0.5)
    *_, (sites, lost) = propagators(read_terms(operator), 0.2, 12, 24)
    assert largest_bond(sites) == 24
    exact = expm(-2.4j * operator.to_matrix())
    error = np.linalg.norm(dense(sites, real=True) - exact) ** 2 / 2**8
    legs = exact.reshape((2,) * 16)
    tail = 0.0
    for cut in range(1, 8):
        lower = [*range(8 - cut, 8), *range(16 - cut, 16)]
        rest = [k for k in range(16) if k not in lower]
        values = np.linalg.svd(legs.transpose(lower + rest).reshape(4**cut, -1), compute_uv=False)
        tail += (values[24:] ** 2).sum() / 2**8
    assert tail / 7 < error < 2.0 * tail
    assert lost < 10.0 * tail
