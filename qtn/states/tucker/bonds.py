"""Chains and trees cut to bonds of their own each, with the weight that this loses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.states.kernels.entropy import schmidt_spectra
from qtn.states.kernels.gauge import canonicalise
from qtn.states.kernels.tree_sweeps import densities
from qtn.states.kernels.truncate import svd
from qtn.states.mps import MPS
from qtn.states.ttn import TTN
from qtn.states.tucker.bond_fronts import Node
from qtn.states.tucker.shape_table import tails


def nodes_of(state: MPS | TTN) -> list[Node]:
    """Return the nodes of a state, each with the tails of the bond above or right of it."""
    if isinstance(state, MPS):
        spectra = schmidt_spectra(state.tensors)
        last = [np.zeros(1)]
        losses = [tails(s)[1:] for s in spectra] + last
        return [
            Node((k - 1,) if k else (), d, t) for k, (d, t) in enumerate(zip(state.phys, losses))
        ]
    n, phys = state.n, state.phys
    lifted = state.canonical()
    found = densities(lifted.tensors, lifted.pairs)
    nodes = []
    for k, pair in enumerate(state.pairs):
        sites = int(np.prod([phys[c] for c in pair if c < n], dtype=np.int64))
        loss = np.zeros(1)
        if k < len(state.pairs) - 1:
            weights = np.clip(np.linalg.eigvalsh(found[n + k])[::-1], 0.0, None)
            loss = tails(np.sqrt(weights / weights.sum()))[1:]
        nodes.append(Node(tuple(c - n for c in pair if c >= n), sites, loss))
    return nodes


def cut_bonds(state: MPS | TTN, bonds: Sequence[int]) -> tuple[MPS | TTN, float]:
    """Return the normalised state cut to these bonds, and the relative squared weight lost.

    Bonds are cut one after another, from the leaves of a tree to its root, each optimally. What is
    kept at one lies inside what is kept below, so that all cuts are one orthogonal projection and
    the weights kept multiply.

    Cost: O(n χ³) for a chain; O(n² χ⁴) for a tree, which is made canonical before every cut.
    """
    if isinstance(state, MPS):
        return _cut_chain(state, bonds)
    kept, n = 1.0, state.n
    lost = 0.0
    for k, rank in enumerate(bonds):
        if rank == state.tensors[k].shape[2]:
            continue
        state = state.canonical()
        values, vectors = np.linalg.eigh(densities(state.tensors, state.pairs)[n + k])
        weights = np.clip(values, 0.0, None)
        share = float(weights[: len(weights) - rank].sum() / weights.sum())
        lost += kept * share
        kept *= 1.0 - share
        state = _projected(state, k, vectors[:, ::-1][:, :rank])
    return state.normalised(), lost


def _projected(state: TTN, k: int, basis: np.ndarray) -> TTN:
    """Restrict the up bond of node k to the span of the columns of `basis`."""
    tensors = list(state.tensors)
    tensors[k] = tensors[k] @ basis
    number = state.n + k
    parent = next(j for j, pair in enumerate(state.pairs) if number in pair)
    axis = state.pairs[parent].index(number)
    turned = np.tensordot(basis.conj(), tensors[parent], (0, axis))
    tensors[parent] = np.moveaxis(turned, 0, axis)
    return TTN(tuple(tensors), state.pairs)


def _cut_chain(state: MPS, bonds: Sequence[int]) -> tuple[MPS, float]:
    chain = canonicalise(state.tensors, state.n - 1)
    kept, lost = 1.0, 0.0
    for site in range(state.n - 1, 0, -1):
        left, phys, right = chain[site].shape
        u, s, vh = svd(chain[site].reshape(left, phys * right))
        rank = min(bonds[site - 1], len(s))
        share = float((s[rank:] ** 2).sum() / (s**2).sum())
        lost += kept * share
        kept *= 1.0 - share
        chain[site] = vh[:rank].reshape(rank, phys, right)
        chain[site - 1] = np.tensordot(chain[site - 1], u[:, :rank] * s[:rank], 1)
    return MPS(tuple(chain)).normalised(), lost
