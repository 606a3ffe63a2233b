"""`qtn.kernel_matrix`: exact and measured, concentration said, bad input refused."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import qtn
from qtn.applications.quantum_kernels import IQPMap, RotationMap, ZZMap
from qtn.applications.quantum_kernels.door import exact_kernel
from qtn.applications.quantum_kernels.feature_maps import read_map
from qtn.errors import ArgumentError, BudgetError

X = np.random.default_rng(0).uniform(-1, 1, (5, 3))


@settings(max_examples=12)
@given(seed=st.integers(0, 2**20), name=st.sampled_from(["rotations", "zz", "iqp", "evolution"]))
def test_kernels_are_positive_with_ones_on_the_diagonal(seed: int, name: str) -> None:
    x = np.random.default_rng(seed).uniform(-0.4, 0.4, (6, 12))
    found = exact_kernel(x, None, read_map(name), "tensor")
    assert np.array_equal(found, found.T)
    assert np.diag(found) == pytest.approx(1)
    assert found.min() >= 0
    assert found.max() <= 1 + 1e-12
    assert np.linalg.eigvalsh(found).min() > -1e-12


def test_other_rows() -> None:
    whole = qtn.kernel_matrix(X).value
    part = qtn.kernel_matrix(X[:2], X[2:])
    np.testing.assert_allclose(part.value, whole[:2, 2:], atol=1e-14)
    assert part.method == "exact"
    assert part.shots == 0
    assert not np.any(part.stderr)


def test_counts_lie_within_their_errors() -> None:
    known = RotationMap(bandwidth=0.6)
    exact = qtn.kernel_matrix(X, feature_map=known).value
    found = qtn.kernel_matrix(
        X, feature_map=known, method="circuit", device="tensor", shots=4000, positive=False, seed=3
    )
    upper = np.triu_indices(5, 1)
    assert np.abs((found.value - exact)[upper] / found.stderr[upper]).max() < 4
    assert found.shots == 10 * 4000
    low, high = found.interval()
    assert np.all(low[upper] < high[upper])


def test_noise_is_mitigated() -> None:
    exact = qtn.kernel_matrix(X[:3], X[3:], IQPMap(repeats=1)).value
    where = {"method": "circuit", "device": "FakeManilaV2", "shots": 4000, "seed": 1}
    raw = qtn.kernel_matrix(X[:3], X[3:], IQPMap(repeats=1), **where)
    better = qtn.kernel_matrix(X[:3], X[3:], IQPMap(repeats=1), mitigation=[qtn.Readout()], **where)
    assert np.abs(better.value - exact).mean() < np.abs(raw.value - exact).mean()


def test_repair_is_said() -> None:
    found = qtn.kernel_matrix(
        np.repeat(X, 2, axis=0), feature_map="zz", method="circuit", device="tensor", shots=50
    )
    assert "made positive" in found.method
    assert np.linalg.eigvalsh(found.value).min() > -1e-12


def test_a_concentrated_kernel_warns() -> None:
    x = np.random.default_rng(1).uniform(-1, 1, (6, 300))
    with pytest.warns(UserWarning, match=r"median off the diagonal is .*bandwidth=\"auto\""):
        qtn.kernel_matrix(x)
    qtn.kernel_matrix(x, feature_map=RotationMap(bandwidth=0.05))
    qtn.kernel_matrix(x[:2])  # two rows tell nothing


def test_vectors_and_chains_agree() -> None:
    x = np.random.default_rng(2).uniform(-1, 1, (4, 11))
    for name in ("rotations", "zz", "iqp", "evolution"):
        one, other = (
            qtn.kernel_matrix(x[:2], x[2:], name, method).value for method in ("tensor", "vector")
        )
        np.testing.assert_allclose(one, other, atol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"x": [[0.1, np.nan]]}, "`x` must hold finite numbers only"),
        ({"x": X, "z": X[:, :2]}, "`z` must have 3 features per row, but has 2"),
        ({"x": X, "method": "exact"}, "`method`"),
        ({"x": X, "feature_map": "xyz"}, "`feature_map`"),
        ({"x": X, "shots": 10}, '`shots` is an option of a device: take method="circuit"'),
        ({"x": X, "method": "circuit", "shot": 10}, "`shot` is none of a measured kernel"),
        ({"x": X, "method": "circuit", "feature_map": "zz", "device": "no"}, "no"),
        ({"x": 1e9 * X}, r"must be at most 1e\+06, but reach 9\.\d+e\+08"),
        ({"x": X, "feature_map": ZZMap(pairs="all"), "method": "tensor"}, "a map of neighbours"),
        ({"x": np.ones((2, 30)), "feature_map": ZZMap(pairs="all")}, "up to 20 qubits"),
    ],
)
def test_bad_input(arguments: dict, message: str) -> None:
    with pytest.raises(ArgumentError, match=message if "\\" in message else re.escape(message)):
        qtn.kernel_matrix(**arguments)


def test_a_kernel_beyond_the_memory_is_refused() -> None:
    many = np.broadcast_to(np.zeros((1, 2)), (10**7, 2))
    with pytest.raises(ArgumentError, match="A kernel of 10,000,000 x 10,000,000 rows needs"):
        qtn.kernel_matrix(many)


def test_budgets_hold() -> None:
    with pytest.raises(BudgetError):
        qtn.kernel_matrix(X, method="circuit", shots=100, budget=qtn.Budget(shots=200))
