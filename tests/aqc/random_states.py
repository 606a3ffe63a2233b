"""Random chains and trees, and the dense vectors of circuits on any sites."""

from __future__ import annotations

import itertools

import numpy as np

import qtn
from qtn.aqc.shape.blocks import Blocks


def random_chain(n: int, bond: int, seed: int, real: bool = False) -> qtn.MPS:
    """Return a random chain with Gaussian entries, normalised."""
    rng = np.random.default_rng(seed)
    bonds = [min(bond, 2**k, 2 ** (n - k)) for k in range(n + 1)]
    tensors = []
    for left, right in itertools.pairwise(bonds):
        tensor = rng.normal(size=(left, 2, right))
        tensors.append(tensor if real else tensor + 1j * rng.normal(size=tensor.shape))
    return qtn.MPS(tuple(tensors)).normalised()


def random_tree(height: int, bond: int, seed: int, real: bool = False) -> qtn.TTN:
    """Return a random perfect binary tree of 2^height sites, normalised."""
    rng = np.random.default_rng(seed)
    below, dimension, start = list(range(2**height)), 2, 2**height
    tensors, pairs = [], []
    while len(below) > 1:
        up = 1 if len(below) == 2 else min(bond, dimension**2)
        fresh = []
        for left, right in zip(below[::2], below[1::2]):
            tensor = rng.normal(size=(dimension, dimension, up))
            tensors.append(tensor if real else tensor + 1j * rng.normal(size=tensor.shape))
            pairs.append((left, right))
            fresh.append(start + len(pairs) - 1)
        below, dimension = fresh, up
    return qtn.TTN(tuple(tensors), tuple(pairs)).normalised()


def dense(blocks: Blocks) -> np.ndarray:
    """Return the state of the circuit, axes (site 0, site 1, …)."""
    state = np.zeros([2] * blocks.n, dtype=complex)
    state.reshape(-1)[0] = 1.0
    for sites, matrix in blocks.gates:
        k = len(sites)
        gate = np.asarray(matrix).reshape([2] * (2 * k))
        state = np.tensordot(gate, state, (range(k, 2 * k), sites))
        state = np.moveaxis(state, range(k), sites)
    return state
