"""Mutual information of all pairs of sites of a chain, in one pass.

    I_ij = S_i + S_j - S_ij

For every first site i an environment is carried from left to right, with the indices of i left
open: all of them together, as one batch. The chain is right-canonical, so that closing it behind
the second site j gives the density matrix of the pair.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from qtn._machine import by_bond

__all__ = ["entropy_of", "mutual_information", "site_densities"]

Floats = NDArray[np.float64]
_TINY = 1e-300


@by_bond
def mutual_information(tensors: Sequence[np.ndarray], quantum: bool = True) -> Floats:
    """Return the mutual information of all pairs of sites, in nats.

    Args:
        tensors: of a chain in canonical form with centre 0 and norm 1, axes (left, phys, right).
        quantum: von Neumann entropies of density matrices; else Shannon's of measured values.

    Returns:
        Symmetric (sites, sites); the diagonal holds the entropy of the site.

    Cost: sites² · phys³ · bond³, one factor phys less for measured values.
    """
    single = [
        entropy_of(rho) if quantum else _shannon(np.diag(rho).real)
        for rho in site_densities(tensors)
    ]
    out = np.diag(single)
    for i, j, joint in _pair_densities(tensors, quantum):
        s_ij = _entropies(joint) if quantum else _shannons(joint)
        for first, value in zip(i, s_ij, strict=True):
            info = max(single[first] + single[j] - float(value), 0.0)
            out[first, j] = out[j, first] = info
    return out


@by_bond
def site_densities(tensors: Sequence[np.ndarray]) -> list[NDArray[np.complex128]]:
    """Return the density matrix of every site of the same chain, shape (phys, phys) each."""
    left = np.ones((1, 1), dtype=tensors[0].dtype)
    out = []
    for t in tensors:
        m = np.tensordot(left, t, axes=(1, 0))
        out.append(np.einsum("asr,apr->sp", m, t.conj()))
        left = np.einsum("asr,asq->qr", m, t.conj())
    return out


def entropy_of(rho: np.ndarray) -> float:
    """Return the von Neumann entropy of a density matrix, in nats."""
    return float(_entropies(rho[None])[0])


def _pair_densities(
    tensors: Sequence[np.ndarray], quantum: bool
) -> Iterator[tuple[list[int], int, np.ndarray]]:
    """Yield (first sites i, second site j, joint densities or distributions of all i < j).

    `stack[i]` holds Σ over everything left of j but site i: axes (s, s', bond, bond'), with s = s'
    only (axes (s, bond, bond')) for distributions.
    """
    prefix = np.ones((1, 1), dtype=tensors[0].dtype)
    stacks: dict[int, np.ndarray] = {}
    for j, t in enumerate(tensors):
        phys = t.shape[1]
        by_phys: dict[int, list[int]] = {}
        for i, block in stacks.items():
            by_phys.setdefault(block.shape[0], []).append(i)
        for _, members in sorted(by_phys.items()):
            block = np.stack([stacks[i] for i in members])  # (pairs, outer, bond, bond')
            flat = block.reshape(-1, *block.shape[-2:])
            half = np.tensordot(flat, t, axes=(1, 0))  # (x, bond', phys, right)
            if quantum:
                joint = np.tensordot(
                    half.transpose(0, 2, 1, 3), t.conj(), axes=([2, 3], [0, 2])
                )  # (x, s_j, s'_j)
                d = round(block.shape[1] ** 0.5)
                rho = joint.reshape(len(members), d, d, phys, phys).transpose(0, 1, 3, 2, 4)
                yield members, j, rho.reshape(len(members), d * phys, d * phys)
            else:
                joint = np.einsum("xbsr,bsr->xs", half, t.conj(), optimize=True).real
                yield members, j, joint.reshape(len(members), -1)
            moved = np.tensordot(half, t.conj(), axes=([1, 2], [0, 1]))
            moved = moved.reshape(len(members), -1, *moved.shape[1:])
            for i, new in zip(members, moved, strict=True):
                stacks[i] = new
        half = np.tensordot(prefix, t, axes=(0, 0))  # (bond', phys, right)
        opened = np.einsum("bsr,bpq->sprq", half, t.conj(), optimize=True)
        right = opened.shape[-2:]
        diagonal = np.einsum("ssrq->srq", opened)
        stacks[j] = opened.reshape(-1, *right) if quantum else diagonal
        prefix = diagonal.sum(axis=0)


def _entropies(rho: np.ndarray) -> Floats:
    weights = np.linalg.eigvalsh(0.5 * (rho + rho.conj().transpose(0, 2, 1)))
    return _shannons(weights)


def _shannon(p: Floats) -> float:
    return float(_shannons(p[None])[0])


def _shannons(p: Floats) -> Floats:
    p = np.clip(p, 0.0, None)
    p = p / p.sum(axis=1, keepdims=True)
    return np.asarray(-(p * np.log(np.maximum(p, _TINY))).sum(axis=1))
