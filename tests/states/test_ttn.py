from __future__ import annotations

import numpy as np
import oracles
import pytest

from qtn import _io
from qtn.errors import ArgumentError
from qtn.states import TTN
from qtn.states.node_pairs import balanced
from qtn.states.origin import Trained

PAIRS = ((2, 0), (1, 3), (5, 4), (6, 7))  # five sites, in a crooked order


def random_tree(seed: int = 0, real: bool = False) -> TTN:
    rng = np.random.default_rng(seed)
    tensors = []
    dims = [2] * 5
    for k, (a, b) in enumerate(PAIRS):
        up = 1 if k == len(PAIRS) - 1 else 3
        t = rng.normal(size=(dims[a], dims[b], up))
        tensors.append(t if real else t + 1j * rng.normal(size=t.shape))
        dims.append(up)
    return TTN(tuple(tensors), PAIRS)


def dense(state: TTN) -> np.ndarray:
    """One amplitude at a time."""
    out = []
    for index in range(2**state.n):
        vectors = [np.eye(2)[(index >> i) & 1] for i in range(state.n)]
        for tensor, (a, b) in zip(state.tensors, state.pairs):
            vectors.append(np.einsum("a,b,abc->c", vectors[a], vectors[b], tensor))
        out.append(vectors[-1][0])
    return np.array(out)


@pytest.mark.parametrize("real", [True, False])
def test_dense_norm_and_overlap(real: bool) -> None:
    state, other = random_tree(0, real), random_tree(1, real)
    a, b = dense(state), dense(other)
    assert state.to_dense() == pytest.approx(a)
    assert state.norm() == pytest.approx(np.linalg.norm(a))
    assert state.overlap(other) == pytest.approx(np.vdot(a, b))
    f = abs(np.vdot(a, b)) ** 2 / np.vdot(a, a).real / np.vdot(b, b).real
    assert state.fidelity(other) == pytest.approx(f)
    assert state.infidelity(other) == pytest.approx(1 - f)
    assert state.conj().to_dense() == pytest.approx(a.conj())


def test_canonical_form_keeps_the_state_and_has_isometries() -> None:
    state = random_tree()
    lifted = state.canonical()
    for tensor in lifted.tensors[:-1]:
        flat = tensor.reshape(-1, tensor.shape[2])
        assert flat.conj().T @ flat == pytest.approx(np.eye(flat.shape[1]))
    assert state.infidelity(lifted) == pytest.approx(0, abs=1e-12)
    assert state.normalised().norm() == pytest.approx(1)


def test_schmidt_values_and_entropies() -> None:
    state = random_tree()
    vector = dense(state) / np.linalg.norm(dense(state))
    tensor = vector.reshape((2,) * 5).transpose(4, 3, 2, 1, 0)  # axis i = site i
    below = {0: [0], 1: [1], 5: [2, 0], 6: [1, 3], 7: [2, 0, 4]}
    for node, sites in below.items():
        rest = [i for i in range(5) if i not in sites]
        matrix = tensor.transpose(sites + rest).reshape(2 ** len(sites), -1)
        values = np.linalg.svd(matrix, compute_uv=False)
        got = state.schmidt_values(node)
        size = min(len(got), len(values))
        assert got[:size] == pytest.approx(values[:size], abs=1e-7)
        p = values[values > 1e-9] ** 2
        assert state.entropy(node) == pytest.approx(-(p * np.log(p)).sum(), abs=1e-7)


def test_amplitudes_of_rows_and_no_overflow() -> None:
    state = random_tree()
    index = np.arange(32)
    bits = ((index[:, None] >> np.arange(5)) & 1).astype(np.uint8)
    assert state.amplitudes(bits) == pytest.approx(dense(state))
    huge = TTN(tuple(t * 1e100 for t in state.tensors), PAIRS)
    assert huge.log_norm() == pytest.approx(state.log_norm() + 4 * np.log(1e100))
    _, log_size = huge.log_amplitudes(bits)
    assert np.isfinite(log_size).all()


def test_samples_follow_the_born_rule() -> None:
    state = random_tree()
    p = np.abs(dense(state)) ** 2
    p /= p.sum()
    shots = 20_000
    rows = state.sample(shots, seed=3)
    counts = np.bincount(oracles.bits_to_index(rows), minlength=32)
    assert (np.abs(counts / shots - p) < 5 * np.sqrt(p * (1 - p) / shots) + 1e-12).all()
    assert (state.sample(50, seed=3) == state.sample(50, seed=3)).all()


def test_single_precision() -> None:
    state = random_tree()
    bits = ((np.arange(32)[:, None] >> np.arange(5)) & 1).astype(np.uint8)
    found = state.amplitudes(bits, precision="single")
    assert found.dtype == np.complex64
    exact = dense(state)
    assert np.abs(found - exact).max() < 1e-5 * np.abs(exact).max()
    same = state.sample(2000, seed=3, precision="single") == state.sample(2000, seed=3)
    assert same.mean() > 0.99  # the same draws, but for points at the edge of a probability
    with pytest.raises(ArgumentError, match="precision"):
        state.sample(1, precision="half")


def test_product_and_file(tmp_path: object) -> None:
    vectors = np.random.default_rng(0).normal(size=(5, 2))
    state = TTN.product(vectors, PAIRS)
    chain = oracles.dense_chain([v.reshape(1, 2, 1) for v in vectors])
    assert state.to_dense() == pytest.approx(chain)
    path = f"{tmp_path}/state.qtn"
    _io.save(random_tree(), path)
    assert (_io.load(path).to_dense() == random_tree().to_dense()).all()


def test_a_tree_keeps_its_origin(tmp_path) -> None:
    state = TTN(random_tree().tensors, PAIRS, Trained((4, 3, 2, 1, 0)))
    assert state.normalised().origin is state.canonical().origin is state.origin
    assert state.conj().origin is None
    again = _io.load(_io.save(state, tmp_path / "tree.qtn"))
    assert again.origin.columns == (4, 3, 2, 1, 0)


def test_balanced_trees() -> None:
    assert balanced(2) == ((0, 1),)
    assert balanced(5) == ((0, 1), (2, 3), (5, 6), (7, 4))
    assert balanced(1) == ()


def test_bad_trees_are_refused() -> None:
    t = np.ones((2, 2, 1))
    with pytest.raises(ArgumentError, match="`pairs` must be the pairs of a binary tree"):
        TTN((t,), ((0, 0),))
    with pytest.raises(ArgumentError, match=r"node 3 has up bond 1 and its parent expects 2"):
        TTN((t, t), ((0, 1), (3, 2)))
    with pytest.raises(ArgumentError, match="`tensors` must be a non-empty sequence"):
        TTN((), ())
    with pytest.raises(ArgumentError, match="a root with up bond 1"):
        TTN((np.ones((2, 2, 2)),), ((0, 1),))
    state = random_tree()
    with pytest.raises(ArgumentError, match="`bits` must be integers of shape"):
        state.amplitudes(np.full((1, 5), 2))
    with pytest.raises(ArgumentError, match="`other` must be a TTN on the same tree"):
        state.overlap(TTN((t,), ((0, 1),)))
    with pytest.raises(ArgumentError, match="`node` must be an integer"):
        state.entropy(8)
    with pytest.raises(ArgumentError, match="norm 0 cannot be normalised"):
        TTN((t * 0,), ((0, 1),)).normalised()
