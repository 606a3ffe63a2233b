"""A state of two parts that a register tells apart: their sum, room for the register, its own site.

A mixture (1 - w) |ψ⟩⟨ψ| + w |φ⟩⟨φ| is what is left of the pure state

    √(1 - w) ψ ⊗ |0⟩ + √w φ ⊗ |1⟩

when the register is forgotten. One site, of d levels, gets 2d, number r·d + v for the register's r
and the site's own v: ψ lives on the first d, φ is added on the others by whoever knows the network.
Then the site is split in two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from qtn.states import MPS, TTN
from qtn.states.origin import Trained

State = TypeVar("State", MPS, TTN)


def plus_product(state: State, vectors: Sequence[NDArray[np.float64]]) -> State:
    """Return a state plus a product of one vector per site, its bonds longer by one.

    Args:
        state: not normalised before or after.
        vectors: in the order of the sites.

    Example:
        >>> zero = MPS.product([[1.0, 0.0]] * 2)
        >>> plus_product(zero, [np.array([0.0, 1.0])] * 2).to_dense()
        array([1., 0., 0., 1.])
    """
    out: list[NDArray[Any]] = []
    last = len(state.tensors) - 1
    for k, t in enumerate(state.tensors):
        # Bonds stand side by side; sites, and the outer ends of the network, are shared.
        if isinstance(state, MPS):
            ends = [
                np.eye(t.shape[0] + (k > 0))[-1],
                vectors[k],
                np.eye(t.shape[2] + (k < last))[-1],
            ]
        else:
            below = zip(state.pairs[k], t.shape)
            ends = [np.eye(d + 1)[-1] if c >= state.n else vectors[c] for c, d in below]
            ends.append(np.eye(t.shape[2] + (k < last))[-1])
        new = np.zeros([len(end) for end in ends], dtype=t.dtype)
        new[: t.shape[0], : t.shape[1], : t.shape[2]] = t
        out.append(new + np.einsum("a,b,c->abc", *ends))
    return replace(state, tensors=tuple(out))


def doubled(state: State, site: int) -> State:
    """Return the state with twice as many levels at a site, the second half without weight.

    Example:
        >>> doubled(MPS.product([[1.0, 0.0], [0.6, 0.8]]), 1).phys
        (2, 4)
    """
    tensors = list(state.tensors)
    tensor, axis = (site, 1) if isinstance(state, MPS) else _leaf(state, site)
    wide = [(0, tensors[tensor].shape[k] if k == axis else 0) for k in range(3)]
    tensors[tensor] = np.pad(tensors[tensor], wide)
    return replace(state, tensors=tuple(tensors))


def parted(state: State, site: int) -> State:
    """Return the state with the register of a doubled site as a site of its own.

    Returns:
        A chain with the register before the site; its origin counts it as one more column after
        the last. A tree with the register as its last site, joined to the other one first.

    Cost: one factorisation at the site.

    Example:
        >>> parted(MPS.product([[1.0, 0.0], [0.0, 0.0, 0.6, 0.8]]), 1).phys
        (2, 2, 2)
    """
    return _parted_chain(state, site) if isinstance(state, MPS) else _parted_tree(state, site)


def _parted_tree(state: TTN, site: int) -> TTN:
    n, d = state.n, state.phys[site]
    node = np.eye(d).reshape(2, d // 2, d)
    # The register is site n, the new node n + 1, so that all other nodes move by two.
    number = [n + 1 if c == site else c + 2 * (c >= n) for c in range(2 * n - 1)]
    pairs = [(n, site), *((number[a], number[b]) for a, b in state.pairs)]
    return TTN((node, *state.tensors), tuple(pairs))


def _parted_chain(state: MPS, site: int) -> MPS:
    left, d, right = state.tensors[site].shape
    u, s, vh = np.linalg.svd(state.tensors[site].reshape(left * 2, -1), full_matrices=False)
    keep = max(1, int(np.count_nonzero(s > 1e-15 * s[0])))
    pieces = (u[:, :keep].reshape(left, 2, keep), (s[:keep, None] * vh[:keep]))
    tensors = list(state.tensors)
    tensors[site : site + 1] = [pieces[0], pieces[1].reshape(keep, d // 2, right)]
    known = state.origin
    columns = list(known.columns if isinstance(known, Trained) else range(state.n))
    columns.insert(site, state.n)
    return MPS(tuple(tensors), origin=Trained(tuple(columns)))


def _leaf(state: TTN, site: int) -> tuple[int, int]:
    """Return the node that joins a site, and the axis of the site in it."""
    return next((k, pair.index(site)) for k, pair in enumerate(state.pairs) if site in pair)
