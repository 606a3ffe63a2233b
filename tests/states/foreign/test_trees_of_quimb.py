"""Trees of quimb against the dense vectors that quimb gives."""

from __future__ import annotations

import numpy as np
import pytest
import quimb.tensor as qtensor
from qiskit.quantum_info import Statevector
from tree_states import random_tree

import qtn
from qtn.states import MPS, TTN

PAIRS = (((0, 1), (2, 3), (4, 5)), ((0, 1), (4, 2), (5, 3)), ((1, 3), (0, 4), (2, 5)))


def _dense(network) -> np.ndarray:
    """Amplitudes as Qiskit orders them; quimb has site 0 most significant."""
    n = len(network.sites)
    ordered = [network.site_ind(site) for site in network.sites]
    return network.to_dense(ordered).reshape((2,) * n).transpose().reshape(-1)


@pytest.mark.parametrize("pairs", PAIRS)
def test_trees_come_back(pairs):
    tree = random_tree(pairs, 3, seed=1)
    network = tree.to_quimb()
    assert np.allclose(_dense(network), tree.to_dense())
    back = TTN.from_quimb(network)
    assert np.allclose(back.to_dense(), tree.to_dense())
    assert back.max_bond <= tree.max_bond
    assert [network[f"I{site}"].inds.count(f"k{site}") for site in range(tree.n)] == [1] * tree.n


@pytest.mark.parametrize("seed", range(4))
def test_any_network_without_loops(seed):
    """Tensors of any number of legs: a random tree of 12 tensors, six of which hold a site."""
    rng = np.random.default_rng(seed)
    inds: list[list[str]] = [[] for _ in range(12)]
    for k in range(1, 12):
        parent = int(rng.integers(k))
        inds[k].append(f"b{k}")
        inds[parent].append(f"b{k}")
    for site, place in enumerate(rng.choice(12, 6, replace=False)):
        inds[place].append(f"k{site}")
    sizes = {f"b{k}": int(rng.integers(1, 4)) for k in range(12)} | {f"k{i}": 2 for i in range(6)}
    network = qtensor.TensorNetwork(
        [
            qtensor.Tensor(
                rng.normal(size=shape) + 1j * rng.normal(size=shape), inds=names, tags=[f"T{k}"]
            )
            for k, names in enumerate(inds)
            for shape in [[sizes[i] for i in names]]
        ]
    )
    network.view_as_(
        qtensor.TensorNetworkGenVector, sites=range(6), site_ind_id="k{}", site_tag_id="I{}"
    )
    network.exponent = 1.0
    tree = TTN.from_quimb(network)
    assert np.allclose(tree.to_dense(), MPS.from_quimb(network).to_dense())


def test_chains_are_trees_and_compile():
    chain = qtensor.MPS_rand_state(8, 3, seed=2, dist="normal")
    tree = TTN.from_quimb(chain)
    assert np.allclose(tree.to_dense(), MPS.from_quimb(chain).to_dense())
    star = TTN.from_quimb(random_tree(PAIRS[0], 2, seed=3).to_quimb()).normalised()
    short = qtn.compile(star, qtn.Tree(), progress=False)
    overlap = np.vdot(Statevector(short.circuit).data, star.to_dense())
    assert abs(overlap) ** 2 == pytest.approx(short.fidelity, abs=1e-9)


def test_refusals():
    for source in (
        qtensor.PEPS.rand(2, 2, 2),
        qtensor.MPS_rand_state(5, 2, cyclic=True),
        qtensor.MPS_rand_state(1, 2),
        qtensor.MPO_identity(4),
        np.ones(8),
    ):
        with pytest.raises(qtn.ArgumentError, match="tree with one open index"):
            TTN.from_quimb(source)


def test_an_exponent_beyond_all_floats_and_no_sites():
    network = random_tree(PAIRS[0], 2, seed=3).to_quimb()
    wanted = TTN.from_quimb(network).normalised().to_dense()
    network.exponent = 400.0
    found = TTN.from_quimb(network)
    assert all(np.isfinite(tensor).all() for tensor in found.tensors)
    assert np.allclose(found.normalised().to_dense(), wanted)
    bare = qtensor.TensorNetwork(network.tensors)
    with pytest.raises(qtn.ArgumentError, match=r"which open index is which site.*view_as"):
        TTN.from_quimb(bare)
