"""Random chains and trees."""

from __future__ import annotations

import itertools

import numpy as np

import qtn


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
