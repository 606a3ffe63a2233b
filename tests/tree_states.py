"""Trees, random states on them and random Hamiltonians, for the tests of trees in time."""

from __future__ import annotations

import numpy as np
from qiskit.quantum_info import SparsePauliOp

import qtn

TREES = ("balanced", "chain", ((3, 1), (0, 5), (6, 4), (7, 2), (8, 9)))
"""Trees on 6 sites."""


def random_sum(seed: int, n: int = 6, widths=(1, 1, 2, 2, 2, 3, 4, 5)) -> SparsePauliOp:
    rng = np.random.default_rng(seed)
    terms = [
        ("".join(rng.choice(list("XYZ"), w)), rng.choice(n, w, replace=False), rng.normal())
        for w in widths
    ]
    return SparsePauliOp.from_sparse_list([*terms, ("", [], 0.7)], num_qubits=n)


def random_tree(pairs, bond: int, seed: int) -> qtn.TTN:
    rng = np.random.default_rng(seed)
    n, tensors = len(pairs) + 1, []
    for k, pair in enumerate(pairs):
        sides = [2 if c < n else tensors[c - n].shape[2] for c in pair]
        up = 1 if k == n - 2 else min(bond, sides[0] * sides[1])
        shape = (*sides, up)
        tensors.append(rng.normal(size=shape) + 1j * rng.normal(size=shape))
    return qtn.TTN(tuple(tensors), pairs).normalised()


def tfim(n: int) -> SparsePauliOp:
    """The chain of the quench: -ΣZZ - ΣX."""
    couplings = [("ZZ", [i, i + 1], -1.0) for i in range(n - 1)]
    fields = [("X", [i], -1.0) for i in range(n)]
    return SparsePauliOp.from_sparse_list(couplings + fields, num_qubits=n)
