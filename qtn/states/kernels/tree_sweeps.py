"""Sweeps over a tree of arrays: overlaps and amplitudes upwards, densities and samples downwards.

A tree of n sites is a list of arrays `(left, right, up)`, one per node, and the two children of
every node: sites have the numbers 0 … n-1, node k the number n+k, the last node is the root.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from qtn._machine import by_bond

Pairs = tuple[tuple[int, int], ...]
Tensors = Sequence[np.ndarray]
TINY = 1e-300
"""Least scale that anything is divided by."""


def site_dimensions(tensors: Tensors, pairs: Pairs) -> tuple[int, ...]:
    """Return the physical dimension of every site."""
    n = len(pairs) + 1
    out = [0] * n
    for tensor, pair in zip(tensors, pairs, strict=True):
        for axis, child in enumerate(pair):
            if child < n:
                out[child] = tensor.shape[axis]
    return tuple(out)


@by_bond
def log_overlap(bra: Tensors, ket: Tensors, pairs: Pairs) -> tuple[complex, float]:
    """Return a phase (or 0) and the log of the modulus of ⟨bra|ket⟩. Cost: n·D⁴."""
    n = len(pairs) + 1
    env: dict[int, np.ndarray] = {i: np.eye(d) for i, d in enumerate(site_dimensions(bra, pairs))}
    total = 0.0
    for k, (s, t, (a, b)) in enumerate(zip(bra, ket, pairs, strict=True)):
        e = np.einsum("xa,abc->xbc", env.pop(a), t)
        e = np.einsum("yb,xbc->xyc", env.pop(b), e)
        e = s.conj().reshape(-1, s.shape[2]).T @ e.reshape(-1, t.shape[2])
        c = np.abs(e).max()
        if c == 0:
            return 0.0, 0.0
        env[n + k] = e / c
        total += float(np.log(c))
    value = complex(env[2 * n - 2][0, 0])
    return value, total


@by_bond
def densities(tensors: Tensors, pairs: Pairs) -> dict[int, np.ndarray]:
    """Return the reduced density matrix of every bond of a canonical tree, by number of its node.

    The trace over a sibling's sites is a trace over its bond, because the sibling is an isometry.
    """
    n = len(pairs) + 1
    rho: dict[int, np.ndarray] = {2 * n - 2: np.ones((1, 1))}
    for k in range(len(tensors) - 1, -1, -1):
        t, (a, b) = tensors[k], pairs[k]
        m = t @ rho[n + k]
        rho[a] = np.einsum("abc,xbc->ax", m, t.conj())
        rho[b] = np.einsum("abc,ayc->by", m, t.conj())
    return rho


def climb(tensor: np.ndarray, left: Any, right: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return a node's vectors from those of its children, scaled to 1, and ln of the scales.

    Args:
        tensor: axes (left, right, up).
        left: shape (batch, left).
        right: shape (batch, right).
    """
    outer = (left[:, :, None] * right[:, None, :]).reshape(len(left), -1)
    v = outer @ tensor.reshape(-1, tensor.shape[2])
    c = np.maximum(np.abs(v).max(axis=1), TINY)
    return v / c[:, None], np.log(c)


@by_bond
def descend(tensors: Tensors, pairs: Pairs, out: np.ndarray, rng: np.random.Generator) -> None:
    """Fill rows of `out`: sites in the tree's order, each from its conditional distribution.

    Cost: shots · n · D⁴.
    """
    (shots, n), dtype = out.shape, np.result_type(*tensors)

    def visit(node: int, rho: np.ndarray) -> np.ndarray:
        """Draw the sites below `node`, whose bond is in state rho; return ⟨values|node⟩."""
        if node < n:
            weights = np.clip(np.einsum("zaa->za", rho).real, 0.0, None)
            cumulated = np.cumsum(weights, axis=1)
            point = rng.random(shots) * cumulated[:, -1]
            value = np.minimum((point[:, None] >= cumulated).sum(axis=1), weights.shape[1] - 1)
            out[:, node] = value
            return np.eye(weights.shape[1], dtype=dtype)[value]
        t, (a, b) = tensors[node - n], pairs[node - n]
        m = np.einsum("abc,zcd->zabd", t, rho, optimize=True)
        rho_a = np.einsum("zabd,xbd->zax", m, t.conj(), optimize=True)
        va = visit(a, rho_a)
        # Condition on the values drawn on the left: rho_b = ⟨va| T rho T† |va⟩.
        half = np.einsum("za,zabd->zbd", va, m, optimize=True)
        bra = np.einsum("zx,xyd->zyd", va.conj(), t.conj(), optimize=True)
        rho_b = half @ bra.transpose(0, 2, 1)
        rho_b /= np.maximum(np.einsum("zbb->z", rho_b).real, TINY)[:, None, None]
        vb = visit(b, rho_b)
        return climb(t, va, vb)[0]

    visit(2 * n - 2, np.ones((shots, 1, 1), dtype=dtype))
