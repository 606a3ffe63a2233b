import numpy as np
import pytest

from qtn.states import TTN

TREES = {
    "balanced": ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9), (10, 11), (12, 13)),
    "caterpillar": ((0, 1), (8, 2), (9, 3), (10, 4), (11, 5), (12, 6), (13, 7)),
    "shuffled": ((5, 2), (7, 0), (3, 6), (1, 4), (9, 8), (11, 10), (12, 13)),
}


def random_tree(rng, pairs, bond=3, complex_=True):
    n = len(pairs) + 1
    up = [2] * n
    tensors = []
    for k, (a, b) in enumerate(pairs):
        out = 1 if k == n - 2 else min(bond, up[a] * up[b])
        shape = (up[a], up[b], out)
        tensors.append(rng.normal(size=shape) + (1j * rng.normal(size=shape) if complex_ else 0))
        up.append(out)
    return TTN(tuple(tensors), pairs)


@pytest.mark.parametrize("name", TREES)
@pytest.mark.parametrize("complex_", [False, True])
def test_the_chain_has_the_amplitudes_of_the_tree(name, complex_):
    tree = random_tree(np.random.default_rng(0), TREES[name], complex_=complex_)
    chain = tree.to_mps()
    assert chain.dtype == tree.dtype
    dense = tree.to_dense()
    assert np.allclose(chain.to_dense(), dense, atol=1e-10 * np.linalg.norm(dense))


def test_bonds_are_no_larger_than_the_state_needs():
    tree = random_tree(np.random.default_rng(1), TREES["balanced"], bond=2)
    vector = tree.to_dense().reshape((2,) * 8).transpose(*range(8)[::-1])
    ranks = tuple(np.linalg.matrix_rank(vector.reshape(2**k, -1), tol=1e-9) for k in range(1, 8))
    assert tree.to_mps().bonds == ranks


def test_a_single_node_and_other_dimensions():
    node = TTN((np.arange(1.0, 7.0).reshape(2, 3, 1),), ((0, 1),))
    assert np.allclose(node.to_mps().to_dense(), node.to_dense())
