"""Chains of many rows: exact for any gates on neighbours, bonds no wider than needed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import unitary_group

from qtn.applications.quantum_kernels import batched
from qtn.applications.quantum_kernels.batched import chain_kernel, chains
from qtn.applications.quantum_kernels.fusion import Gate
from qtn.applications.quantum_kernels.statevectors import vector_kernel, vectors
from qtn.errors import ArgumentError


def drawn(rows: int, n: int, layers: int, seed: int) -> list[Gate]:
    """Return random gates, some of them the same in all rows."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(layers):
        for site in rng.permutation(n - 1):
            count = rows if rng.random() < 0.7 else 1
            matrices = unitary_group.rvs(4, size=count, random_state=rng).reshape(count, 4, 4)
            found.append(Gate((int(site), int(site) + 1), matrices))
        found.append(Gate((0,), unitary_group.rvs(2, random_state=rng)[None]))
    return found


@pytest.mark.parametrize("n", [2, 5, 6])
def test_kernels_are_those_of_vectors(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batched, "BLOCK", 3)  # several blocks
    gates = drawn(7, n, 3, n)
    chain, dense = chains(gates, n), vectors(gates, n, 7)
    np.testing.assert_allclose(chain_kernel(chain), vector_kernel(dense), atol=1e-13)
    others = [tensor[:4] for tensor in chain]
    np.testing.assert_allclose(
        chain_kernel(chain, others), vector_kernel(dense, dense[:4]), atol=1e-13
    )
    assert [t.shape[3] for t in chain][:-1] == [2 ** min(k, n - k) for k in range(1, n)]


def test_what_all_rows_share_stays_one_row() -> None:
    chain = chains([Gate((0, 1), np.eye(4)[None])], 3)
    assert [t.shape for t in chain] == [(1, 1, 2, 1)] * 3
    assert chain_kernel(chain) == 1.0


def test_bad_input(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ArgumentError, match="a map of neighbours"):
        chains([Gate((0, 2), np.eye(4)[None])], 3)
    monkeypatch.setattr(batched, "WIDEST", 2)
    with pytest.raises(ArgumentError, match="at most bond 2"):
        chains(drawn(1, 6, 3, 0), 6)
