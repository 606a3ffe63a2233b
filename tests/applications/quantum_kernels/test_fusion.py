"""Fused gates do what they did one by one, and are fewer."""

from __future__ import annotations

import numpy as np
from scipy.stats import unitary_group

from qtn.applications.quantum_kernels import ZZMap
from qtn.applications.quantum_kernels.batched import chains
from qtn.applications.quantum_kernels.fusion import Gate, fused


def dense(gates: list[Gate], n: int) -> np.ndarray:
    """Return the product of all gates of the only row, the first site most significant."""
    total = np.eye(2**n).reshape((2,) * n + (2**n,))
    for gate in gates:
        k = len(gate.sites)
        matrix = gate.matrices[0].reshape((2,) * 2 * k)
        total = np.tensordot(matrix, total, (range(k, 2 * k), gate.sites))
        total = np.moveaxis(total, range(k), gate.sites)
    return total.reshape(2**n, 2**n)


def test_products_are_the_same() -> None:
    rng = np.random.default_rng(0)
    for n in (2, 3, 4):
        gates = []
        for _ in range(25):
            sites = tuple(sorted(rng.choice(n, rng.integers(1, 3), replace=False).tolist()))
            gates.append(Gate(sites, unitary_group.rvs(2 ** len(sites), random_state=rng)[None]))
        found = fused(gates)
        assert len(found) < len(gates)
        np.testing.assert_allclose(dense(found, n), dense(gates, n), atol=1e-12)


def test_rows_and_what_they_share_mix() -> None:
    rng = np.random.default_rng(1)
    shared, own = (
        unitary_group.rvs(4, size, random_state=rng).reshape(-1, 4, 4) for size in (1, 3)
    )
    [found] = fused([Gate((0, 1), shared), Gate((0, 1), own)])
    np.testing.assert_allclose(found.matrices, own @ shared, atol=1e-14)


def test_nothing_is_lost_and_bonds_stay_small() -> None:
    x = np.random.default_rng(2).uniform(-1, 1, (2, 8))
    known = ZZMap(repeats=2)
    assert len(fused(known.gates(x))) <= 2 * 7
    assert max(t.shape[3] for t in chains(known.gates(x), 8)) <= 4
    assert fused([]) == []
