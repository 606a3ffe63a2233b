"""Gates and sums of product operators on trees, against dense truth."""

from __future__ import annotations

import numpy as np
import oracles
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qtn.errors import ArgumentError
from qtn.states import TTN
from qtn.states.tree import apply_tree_gates, tree_product_sum

TREES = {
    4: ((0, 1), (2, 3), (4, 5)),
    5: ((3, 1), (0, 5), (2, 4), (7, 6)),
    6: ((0, 1), (6, 2), (7, 3), (8, 4), (9, 5)),
}


def haar(rng: np.random.Generator, side: int) -> np.ndarray:
    q, _ = np.linalg.qr(rng.normal(size=(side, side)) + 1j * rng.normal(size=(side, side)))
    return q


def random_gates(rng: np.random.Generator, n: int, count: int) -> list:
    gates: list = []
    for _ in range(count):
        pair = rng.choice(n, 2, replace=False)
        gates.append(((int(pair[0]), int(pair[1])), haar(rng, 4)))
        gates.append(((int(rng.integers(n)),), haar(rng, 2)))
    return gates


def dense(n: int, gates: list) -> np.ndarray:
    vector = np.zeros(2**n, dtype=complex)
    vector[0] = 1.0
    for sites, matrix in gates:
        # The oracle's first qubit is the least significant.
        vector = oracles.apply_gate(vector, matrix, list(reversed(sites)))
    return vector


@given(st.sampled_from(sorted(TREES)), st.integers(1, 8), st.integers(0, 2**31))
def test_random_circuits(n: int, count: int, seed: int) -> None:
    gates = random_gates(np.random.default_rng(seed), n, count)
    build = apply_tree_gates(TTN.product([[1, 0]] * n, TREES[n]), gates)
    exact = dense(n, gates)
    assert abs(np.vdot(exact, build.state.to_dense())) == pytest.approx(1.0, abs=1e-10)
    assert build.fidelity == pytest.approx(1.0, abs=1e-10)


def test_truncation_keeps_the_limit_and_estimates_the_fidelity() -> None:
    n = 6
    gates = random_gates(np.random.default_rng(3), n, 6)
    build = apply_tree_gates(TTN.product([[1, 0]] * n, TREES[n]), gates, max_bond=3)
    true = abs(np.vdot(dense(n, gates), build.state.to_dense())) ** 2
    assert build.state.max_bond <= 3
    assert build.state.norm() == pytest.approx(1.0)
    assert 0.1 < build.fidelity < 1.0
    assert build.discarded.shape == (n - 2,)
    assert build.discarded.max() > 1e-3
    assert true == pytest.approx(build.fidelity, abs=0.15)


@given(
    st.sampled_from(sorted(TREES)),
    st.lists(st.text("IIXYZ", min_size=6, max_size=6), min_size=1, max_size=8),
    st.integers(0, 2**31),
)
def test_pauli_sums(n: int, labels: list[str], seed: int) -> None:
    gates = random_gates(np.random.default_rng(seed), n, 5)
    state = apply_tree_gates(TTN.product([[1, 0]] * n, TREES[n]), gates).state
    vector = state.to_dense()
    labels = [label[:n] for label in labels]
    operators = [
        {i: oracles.PAULI[x] for i, x in enumerate(reversed(label)) if x != "I"} for label in labels
    ]
    exact = [np.vdot(vector, oracles.pauli_matrix(x) @ vector) for x in labels]
    assert np.abs(tree_product_sum(state, operators) - exact).max() < 1e-10


def test_single_precision() -> None:
    gates = random_gates(np.random.default_rng(4), 6, 20)
    state = apply_tree_gates(TTN.product([[1, 0]] * 6, TREES[6]), gates).state
    operators = [{0: oracles.PAULI["Z"], 4: oracles.PAULI["Y"]}, {2: oracles.PAULI["X"]}]
    found = tree_product_sum(state, operators, precision="single")
    assert found.dtype == np.complex64
    assert np.abs(found - tree_product_sum(state, operators)).max() < 1e-5


def test_real_trees_stay_real_and_norms_do_not_matter() -> None:
    rng = np.random.default_rng(0)
    tensors = [rng.normal(size=s) for s in ((2, 2, 3), (2, 2, 3), (3, 3, 1))]
    state = TTN(tuple(7.0 * t for t in tensors), TREES[4])
    z = np.diag([1.0, -1.0])
    found = tree_product_sum(state, [{1: z, 2: z}, {}])
    assert found.dtype == np.float64
    vector = state.normalised().to_dense()
    assert found == pytest.approx([vector @ oracles.pauli_matrix("IZZI").real @ vector, 1.0])


def test_sixty_four_sites() -> None:
    pairs = []
    level = list(range(64))
    count = 64
    while len(level) > 1:
        pairs += list(zip(level[::2], level[1::2], strict=True))
        level = list(range(count, count + len(level) // 2))
        count += len(level)
    chain = [((i, i + 1), np.eye(4)[[0, 1, 3, 2]]) for i in range(63)]
    hadamard = np.array([[1, 1], [1, -1]]) / np.sqrt(2)
    ghz = apply_tree_gates(TTN.product([[1, 0]] * 64, tuple(pairs)), [((0,), hadamard), *chain])
    z = np.diag([1.0, -1.0])
    values = tree_product_sum(ghz.state, [{0: z, 63: z}, {31: z}])
    assert values == pytest.approx([1.0, 0.0], abs=1e-12)
    assert ghz.state.max_bond == 2


def test_errors() -> None:
    state = TTN.product([[1, 0]] * 4, TREES[4])
    with pytest.raises(ArgumentError, match="on sites 0 to 3"):
        apply_tree_gates(state, [((0, 7), np.eye(4))])
    with pytest.raises(ArgumentError, match="on sites 0 to 3"):
        tree_product_sum(state, [{4: np.eye(2)}])
    with pytest.raises(ArgumentError, match="square of side 2"):
        tree_product_sum(state, [{0: np.eye(3)}])
    mixed = TTN.product([[1, 0], [1, 0, 0]], ((0, 1),))
    with pytest.raises(ArgumentError, match="sites of one dimension"):
        apply_tree_gates(mixed, [])
    with pytest.raises(ArgumentError, match="`max_bond` must be a positive integer"):
        apply_tree_gates(state, [], max_bond=0)
