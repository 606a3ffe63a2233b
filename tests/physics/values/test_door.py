"""Values of states against dense vectors, on all kinds of states and observables."""

from __future__ import annotations

import numpy as np
import pytest
from oracles import random_chain
from qiskit.quantum_info import Pauli, SparseObservable, SparsePauliOp, Statevector
from tree_states import random_tree

import qtn

N = 6


def _observables(rng: np.random.Generator) -> list:
    labels = ["".join(rng.choice(list("IXYZ"), N)) for _ in range(5)]
    return [
        SparsePauliOp(labels, rng.normal(size=5)),
        Pauli(labels[0]),
        labels[1],
        {labels[2]: 0.5, labels[3]: -1.5},
        SparseObservable.from_label("0+I1rl"),
        "I" * N,
        qtn.chain("haldane-shastry", N),
    ]


def _exact(vector: np.ndarray, observable) -> float:
    if isinstance(observable, dict):
        return sum(c * _exact(vector, label) for label, c in observable.items())
    if isinstance(observable, str):
        observable = SparseObservable.from_label(observable)
    if isinstance(observable, SparseObservable):
        observable = SparsePauliOp.from_sparse_observable(observable)
    if isinstance(observable, Pauli):
        observable = SparsePauliOp(observable)
    matrix = observable.to_matrix()
    return float((vector.conj() @ matrix @ vector).real / np.vdot(vector, vector).real)


@pytest.mark.parametrize("kind", ["chain", "unnormalised", "tree"])
@pytest.mark.parametrize("seed", range(3))
def test_values_are_those_of_the_dense_state(kind: str, seed: int):
    rng = np.random.default_rng(seed)
    tensors = random_chain(rng, N, 5)
    scale = 3.0 if kind == "unnormalised" else 1.0
    state = qtn.states.MPS((tensors[0] * scale, *tensors[1:]))
    vector = state.to_dense()
    if kind == "tree":
        state = random_tree(((0, 1), (2, 3), (4, 5), (6, 7), (9, 8)), 3, seed)
        vector = state.to_dense()
    observables = _observables(rng)
    found = qtn.expectation(state, observables)
    assert found.shape == (len(observables),)
    exact = [_exact(vector, o) for o in observables]
    assert found == pytest.approx(exact, abs=1e-11)
    assert qtn.expectation(state, observables[0]) == pytest.approx(exact[0], abs=1e-11)
    assert isinstance(qtn.expectation(state, observables[2]), float)
    theirs = Statevector(vector / np.linalg.norm(vector)).expectation_value(observables[0])
    assert found[0] == pytest.approx(theirs.real, abs=1e-10)


def test_blocks_and_hundred_sites():
    state = qtn.evolve(qtn.chain("heisenberg", 100), "neel", 0.5, max_bond=16, progress=False)
    blocks = qtn.BlockMPS.from_mps(state)
    magnetisation = ["I" * (99 - k) + "Z" + "I" * k for k in range(100)]
    dense, charged = (qtn.expectation(s, magnetisation) for s in (state, blocks))
    assert dense == pytest.approx(charged, abs=1e-9)
    assert dense.sum() == pytest.approx(0.0, abs=1e-9)
    energy = qtn.expectation(state, qtn.chain("heisenberg", 100))
    assert energy == pytest.approx(-99 / 4, abs=1e-4)


def test_bad_input():
    state = qtn.product_state("zeros", 3)
    with pytest.raises(qtn.ArgumentError, match="list of them"):
        qtn.expectation(state, [])
    with pytest.raises(qtn.ArgumentError, match=r"qtn\.verify"):
        qtn.expectation(np.ones(8), "ZZZ")
    with pytest.raises(qtn.ArgumentError, match=r"observables\[1\].* 3 qubits"):
        qtn.expectation(state, ["ZZZ", "ZZ"])
    with pytest.raises(qtn.ArgumentError, match="Hermitian"):
        qtn.expectation(state, SparsePauliOp(["ZZZ"], [1j]))
    with pytest.raises(qtn.ArgumentError, match="two levels"):
        qtn.expectation(qtn.MPS(tuple(np.ones((1, 3, 1)) for _ in range(3))), "ZZZ")
    with pytest.raises(qtn.ArgumentError, match="norm 0"):
        qtn.expectation(qtn.MPS(tuple(np.zeros((1, 2, 1)) for _ in range(3))), "ZZZ")


@pytest.mark.parametrize("size", [1e3, 1e-3])
@pytest.mark.filterwarnings("error")
def test_norms_beyond_all_floats_change_no_value(size: float):
    tensors = [np.array([size, 0.0]).reshape(1, 2, 1)] * 150
    word = ["Z" * 150, "X" + "I" * 149]
    assert qtn.expectation(qtn.MPS(tuple(tensors)), word) == pytest.approx([1.0, 0.0])
    pairs = tuple((2 * k, 2 * k + 1) for k in range(149))
    tree = qtn.TTN.product([[size, 0.0]] * 150, pairs)
    assert qtn.expectation(tree, word) == pytest.approx([1.0, 0.0])
    mixed = [t / size**2 if k >= 75 else t for k, t in enumerate(tensors)]  # of norm 1
    assert qtn.expectation(qtn.MPS(tuple(mixed)), word) == pytest.approx([1.0, 0.0])
