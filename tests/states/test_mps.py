"""MPS against dense linear algebra."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import bits_to_index, dense_chain, random_chain, schmidt

from qtn._io import load, save
from qtn.errors import ArgumentError
from qtn.states import MPS

SIZES = {
    "n": st.integers(1, 8),
    "bond": st.integers(1, 6),
    "real": st.booleans(),
    "seed": st.integers(0, 2**20),
}


def random_mps(n: int, bond: int, real: bool, seed: int) -> MPS:
    return MPS(tuple(random_chain(np.random.default_rng(seed), n, bond, real=real)))


@given(**SIZES)
@settings(max_examples=30, deadline=None)
def test_dense_roundtrip_norm_and_dtype(n: int, bond: int, real: bool, seed: int) -> None:
    state = random_mps(n, bond, real, seed)
    dense = dense_chain(state.tensors)
    np.testing.assert_allclose(state.to_dense(), dense, atol=1e-10 * np.abs(dense).max())
    np.testing.assert_allclose(state.norm(), np.linalg.norm(dense), rtol=1e-12)
    back = MPS.from_dense(dense)
    assert back.dtype == state.dtype
    np.testing.assert_allclose(back.to_dense(), dense, atol=1e-10 * np.abs(dense).max())
    assert all(b <= 2 ** min(i + 1, n - 1 - i) for i, b in enumerate(back.bonds))


@given(**SIZES)
@settings(max_examples=30, deadline=None)
def test_gauge_changes_nothing_physical(n: int, bond: int, real: bool, seed: int) -> None:
    state = random_mps(n, bond, real, seed)
    center = seed % n
    canonical = state.canonical(center)
    scale = np.abs(state.to_dense()).max()
    np.testing.assert_allclose(canonical.to_dense(), state.to_dense(), atol=1e-11 * scale)
    for i, tensor in enumerate(canonical.tensors):
        flat = tensor.reshape(-1, tensor.shape[2]) if i < center else None
        flat = tensor.reshape(tensor.shape[0], -1).T if i > center else flat
        if flat is not None:
            np.testing.assert_allclose(flat.conj().T @ flat, np.eye(flat.shape[1]), atol=1e-12)
    np.testing.assert_allclose(state.entropies(), canonical.entropies(), atol=1e-10)
    assert abs(state.fidelity(canonical) - 1.0) < 1e-12


@given(**SIZES)
@settings(max_examples=20, deadline=None)
def test_overlap_fidelity_infidelity(n: int, bond: int, real: bool, seed: int) -> None:
    a, b = random_mps(n, bond, real, seed), random_mps(n, bond, False, seed + 1)
    va, vb = dense_chain(a.tensors), dense_chain(b.tensors)
    exact = np.vdot(va, vb)
    scale = np.linalg.norm(va) * np.linalg.norm(vb)
    assert abs(a.overlap(b) - exact) < 1e-11 * scale
    fidelity = abs(exact / scale) ** 2
    assert abs(a.fidelity(b) - fidelity) < 1e-11
    assert abs(a.infidelity(b) - (1 - fidelity)) < 1e-11


def test_infidelity_keeps_precision_below_rounding() -> None:
    rng = np.random.default_rng(3)
    v = rng.normal(size=256) + 1j * rng.normal(size=256)
    v /= np.linalg.norm(v)
    w = rng.normal(size=256)
    w = w - np.vdot(v, w) * v
    w /= np.linalg.norm(w)
    eps = 1e-10
    nudged = (v + eps * w) / np.sqrt(1 + eps**2)
    value = MPS.from_dense(v).infidelity(MPS.from_dense(nudged))
    assert abs(value - 1e-20) < 1e-23


@given(**SIZES, keep=st.integers(1, 4))
@settings(max_examples=30, deadline=None)
def test_truncation_reports_what_it_loses(
    n: int, bond: int, real: bool, seed: int, keep: int
) -> None:
    state = random_mps(n, bond, real, seed).normalised()
    cut = state.truncated(max_bond=keep)
    assert cut.state.max_bond <= keep
    assert len(cut.discarded) == n - 1
    assert abs(cut.fidelity_floor - cut.state.fidelity(state)) < 1e-10
    # The weight lost is also the norm lost.
    assert abs(cut.state.norm() ** 2 - cut.fidelity_floor) < 1e-10


def test_truncation_at_one_cut_is_optimal() -> None:
    rng = np.random.default_rng(5)
    v = rng.normal(size=64)
    state = MPS.from_dense(v)
    s = schmidt(v / np.linalg.norm(v), 3)
    assert np.isclose(state.truncated(max_bond=4).discarded[2], np.sum(s[4:] ** 2))
    limit = float(np.sum(s[5:] ** 2)) * 1.000001
    assert state.truncated(cutoff=limit).state.bonds[2] == 5


def test_schmidt_values_and_entropy_match_dense() -> None:
    rng = np.random.default_rng(6)
    v = rng.normal(size=128) + 1j * rng.normal(size=128)
    v /= np.linalg.norm(v)
    state = MPS.from_dense(v)
    for cut in range(1, 7):
        s = schmidt(v, cut)
        np.testing.assert_allclose(state.schmidt_values(cut), s[s > 1e-14], atol=1e-12)
        entropy = -np.sum(s**2 * np.log(s**2))
        assert abs(state.entropy(cut) - entropy) < 1e-11
        assert abs(state.entropies()[cut - 1] - entropy) < 1e-11


def test_samples_follow_the_exact_distribution() -> None:
    state = random_mps(5, 4, False, 7)
    p = np.abs(dense_chain(state.tensors)) ** 2
    p /= p.sum()
    shots = 100_000
    counts = np.bincount(bits_to_index(state.sample(shots, seed=1)), minlength=32)
    sigma = np.sqrt(shots * p * (1 - p))
    assert np.all(np.abs(counts - shots * p) < 5 * sigma + 1e-9)
    np.testing.assert_array_equal(state.sample(64, seed=2), state.sample(64, seed=2))
    assert (state.sample(64, seed=2) != state.sample(64, seed=3)).any()


def test_amplitudes_at_any_length() -> None:
    state = random_mps(6, 3, False, 8)
    bits = np.array([[(i >> k) & 1 for k in range(6)] for i in range(64)])
    np.testing.assert_allclose(state.amplitudes(bits), dense_chain(state.tensors), atol=1e-9)
    long = MPS.product([[0.6, 0.8]] * 300)
    ones = np.ones((1, 300), dtype=int)
    assert np.isclose(np.log(np.abs(long.amplitudes(ones)[0])), 300 * np.log(0.8))


def test_long_chains_neither_overflow_nor_vanish() -> None:
    state = MPS(tuple(random_chain(np.random.default_rng(0), 784, 8)))
    assert np.isfinite(state.log_norm())
    assert state.log_norm() > 700
    assert abs(state.normalised().norm() - 1) < 1e-10
    assert abs(state.fidelity(state.normalised()) - 1) < 1e-9
    np.testing.assert_array_equal(state.sample(50), state.normalised().sample(50))


def test_quimb_roundtrip_keeps_sites_in_place() -> None:
    state = random_mps(5, 3, False, 9)
    quimb_state = state.to_quimb()
    dense = np.asarray(quimb_state.to_dense()).reshape((2,) * 5)
    np.testing.assert_allclose(
        dense.transpose(range(4, -1, -1)).reshape(-1), state.to_dense(), atol=1e-10
    )
    quimb_state.canonize(2)
    back = MPS.from_quimb(quimb_state)
    np.testing.assert_allclose(back.to_dense(), state.to_dense(), atol=1e-10)
    single = MPS.product([[0.6, 0.8j]])
    np.testing.assert_allclose(MPS.from_quimb(single.to_quimb()).to_dense(), single.to_dense())


def test_mixed_physical_dimensions() -> None:
    rng = np.random.default_rng(1)
    chain = [rng.normal(size=s) for s in [(1, 2, 3), (3, 3, 2), (2, 4, 1)]]
    state = MPS(tuple(chain))
    np.testing.assert_allclose(state.to_dense(), dense_chain(chain))
    assert state.phys == (2, 3, 4)


def test_frozen_and_copied() -> None:
    source = np.ones((1, 2, 1))
    state = MPS((source,))
    source[0, 0, 0] = 5.0
    assert state.tensors[0][0, 0, 0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        state.tensors[0][0, 0, 0] = 2.0
    with pytest.raises(AttributeError):
        state.tensors = ()  # type: ignore[misc]


def test_save_and_load(tmp_path) -> None:
    for real in (True, False):
        state = random_mps(4, 3, real, 11)
        back = load(save(state, tmp_path / "state.qtn"))
        assert back.dtype == state.dtype
        np.testing.assert_array_equal(back.to_dense(), state.to_dense())


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: MPS(()), "`tensors` must be a non-empty sequence"),
        (lambda: MPS((np.ones((2, 2, 1)),)), r"`tensors\[0\]` must have left bond 1"),
        (lambda: MPS((np.ones((1, 2, 3)),)), "last right bond must be 1, but is 3"),
        (lambda: MPS((np.ones((1, 2)),)), "array with 3 axes"),
        (lambda: MPS((np.full((1, 2, 1), np.nan),)), "finite numbers only"),
        (lambda: MPS.from_dense([1, 2, 3]), r"vector of 2\^n entries"),
        (lambda: MPS.from_dense([]), "non-empty array"),
        (lambda: MPS((np.zeros((1, 2, 1)),)).normalised(), "zero state cannot be normalised"),
        (lambda: random_mps(3, 2, True, 0).truncated(max_bond=0), "`max_bond` must be a positive"),
        (lambda: random_mps(3, 2, True, 0).truncated(cutoff=2.0), "`cutoff` must be a finite"),
        (lambda: random_mps(3, 2, True, 0).canonical(3), "`center` must be an integer"),
        (lambda: random_mps(3, 2, True, 0).entropy(0), "`cut` must be a positive integer"),
        (lambda: random_mps(3, 2, True, 0).sample(0), "`shots` must be a positive integer"),
        (lambda: random_mps(3, 2, True, 0).amplitudes([[0, 1]]), "integer array"),
        (lambda: random_mps(3, 2, True, 0).amplitudes([[0, 1, 2]]), "integer array"),
        (
            lambda: random_mps(3, 2, True, 0).overlap(random_mps(4, 2, True, 0)),
            "must have the same sites",
        ),
        (lambda: MPS.product([[1, 0]] * 40).to_dense(), "dense vector of 40 sites"),
        (lambda: MPS.product([]), "one local vector per site"),
    ],
)
def test_bad_input_is_named(build, words: str) -> None:
    with pytest.raises(ArgumentError, match=words):
        build()


def test_single_precision_amplitudes_and_samples():
    state = MPS(tuple(random_chain(np.random.default_rng(5), 30, 8))).normalised()
    bits = state.sample(500, seed=1)
    double, single = state.amplitudes(bits), state.amplitudes(bits, precision="single")
    assert single.dtype == np.complex64
    assert np.abs(single / double - 1).max() < 1e-4
    # The same draws from almost the same probabilities: hardly a row differs.
    other = state.sample(500, seed=1, precision="single")
    assert (other == bits).all(axis=1).mean() > 0.95
    with pytest.raises(ArgumentError, match="`precision` must be one of"):
        state.sample(3, precision="half")
