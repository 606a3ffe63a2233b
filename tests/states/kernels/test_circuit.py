"""Gate application against dense truth."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.states.kernels.circuit import apply_gates, fuse_gates, schedule

ZERO = np.array([1.0, 0.0]).reshape(1, 2, 1)


def random_gates(rng: np.random.Generator, n: int, count: int) -> list:
    out = []
    for _ in range(count):
        k = int(rng.integers(1, 3)) if n > 1 else 1
        sites = tuple(int(s) for s in rng.choice(n, k, replace=False))
        side = 2**k
        q, _ = np.linalg.qr(rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side)))
        out.append((sites, q))
    return out


def dense(gates: list, n: int) -> np.ndarray:
    vector = np.zeros(2**n, complex)
    vector[0] = 1.0
    for sites, matrix in gates:  # the oracle's first qubit is the least significant
        vector = oracles.apply_gate(vector, matrix, sites[::-1])
    return vector


@given(st.integers(1, 8), st.integers(0, 2**31), st.sampled_from(["svd", "gram", "auto", "qr"]))
def test_matches_dense_on_random_circuits(n: int, seed: int, method: str) -> None:
    rng = np.random.default_rng(seed)
    gates = random_gates(rng, n, 25)
    build = apply_gates([ZERO] * n, gates, cutoff=1e-14, method=method)
    assert np.abs(oracles.dense_chain(build.tensors) - dense(gates, n)).max() < 1e-10
    assert build.fidelity == pytest.approx(1.0, abs=1e-10)


@given(st.integers(2, 8), st.integers(0, 2**31), st.integers(0, 7))
def test_left_and_right_of_the_centre_are_orthonormal(n: int, seed: int, start: int) -> None:
    rng = np.random.default_rng(seed)
    start = start % n
    build = apply_gates([ZERO] * n, random_gates(rng, n, 12), center=start, cutoff=0.0)
    for site, t in enumerate(build.tensors):
        if site < build.center:
            flat = t.reshape(-1, t.shape[2])
            assert np.abs(flat.conj().T @ flat - np.eye(t.shape[2])).max() < 1e-12
        if site > build.center:
            flat = t.reshape(t.shape[0], -1)
            assert np.abs(flat @ flat.conj().T - np.eye(t.shape[0])).max() < 1e-12


@pytest.mark.parametrize("method", ["svd", "gram", "qr"])
def test_error_account_bounds_the_true_error(method: str) -> None:
    rng = np.random.default_rng(5)
    n = 10
    gates = [((i, i + 1), _haar(rng)) for layer in range(8) for i in range(layer % 2, n - 1, 2)]
    exact = dense(gates, n)
    build = apply_gates([ZERO] * n, gates, max_bond=12, method=method)
    found = oracles.dense_chain(build.tensors)
    assert np.linalg.norm(exact - found) <= build.distance
    true = abs(np.vdot(exact, found)) ** 2 / np.linalg.norm(found) ** 2
    assert build.max_bond == 12
    assert build.fidelity == pytest.approx(true, abs=0.15)
    assert np.linalg.norm(found) ** 2 == pytest.approx(build.fidelity, rel=1e-6)


def _haar(rng: np.random.Generator) -> np.ndarray:
    q, r = np.linalg.qr(rng.normal(size=(4, 4)) + 1j * rng.normal(size=(4, 4)))
    return q * (np.diag(r) / abs(np.diag(r)))


def test_runs_of_gates_on_one_pair_become_one() -> None:
    rng = np.random.default_rng(0)
    gates = [
        ((0,), _haar(rng)[:2, :2]),
        ((0, 1), _haar(rng)),
        ((1,), np.eye(2)),
        ((0, 1), np.eye(4)),
    ]
    single, pairs = fuse_gates(gates, 2)
    assert not single
    assert len(pairs) == 1


def test_schedule_keeps_every_dependency() -> None:
    rng = np.random.default_rng(1)
    pairs = [((int(i), int(i) + 1), np.eye(4) * k) for k, i in enumerate(rng.integers(0, 9, 60))]
    order = schedule(pairs, 4)
    for site in range(10):
        before = [m[0, 0] for s, m in pairs if site in s]
        after = [m[0, 0] for s, m in order if site in s]
        assert before == after


@pytest.mark.parametrize(
    ("gates", "text"),
    [
        ([((0, 5), np.eye(4))], "on sites 0 to 2"),
        ([((0, 0), np.eye(4))], "two different sites"),
        ([((0,), np.eye(4))], "matrices of side 2"),
    ],
)
def test_bad_gates(gates: list, text: str) -> None:
    with pytest.raises(ArgumentError, match=text):
        apply_gates([ZERO] * 3, gates)


def test_bad_options() -> None:
    with pytest.raises(ArgumentError, match="`method` must be one of"):
        apply_gates([ZERO], [], method="magic")
    with pytest.raises(ArgumentError, match="`max_bond` must be a positive integer"):
        apply_gates([ZERO], [], max_bond=0)
    with pytest.raises(ArgumentError, match="`cutoff` must be a finite number"):
        apply_gates([ZERO], [], cutoff=2.0)


def test_a_bond_beyond_the_free_memory_is_refused_before_it_is_built(monkeypatch) -> None:
    from qtn.states.kernels import circuit as module

    rng = np.random.default_rng(0)
    gates = []
    for layer in range(6):
        for left in range(layer % 2, 11, 2):
            q, _ = np.linalg.qr(rng.normal(size=(4, 4)))
            gates.append(((left, left + 1), q))
    zero = [np.array([1.0, 0.0]).reshape(1, 2, 1)] * 12
    monkeypatch.setattr(module, "_LARGE", 100)
    wanted = apply_gates(zero, gates).max_bond
    monkeypatch.setattr("qtn._memory.free_memory", lambda: 1e4)
    with pytest.raises(ArgumentError, match=r"bond \d+, .* needs .* GiB of memory, but .* GiB are"):
        apply_gates(zero, gates)
    assert wanted >= 16
