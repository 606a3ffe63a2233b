"""Samples and amplitudes of a chain in blocks: shots that have reached the same charge go together.

Reference: Ferris and Vidal, Phys. Rev. B 85, 165146 (2012); the draws are those of the dense chain,
so that equal seeds give equal samples.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._machine import few_threads
from qtn.states.blocks.moves import normalise
from qtn.states.blocks.sites import Array, Site, columns, dtype_of, in_columns, places
from qtn.states.kernels.sample import BLOCK

__all__ = ["amplitudes_of", "sample_sites"]

Groups = dict[int, tuple[Array, Array]]


@few_threads(1)
def sample_sites(sites: Sequence[Site], shots: int, rng: np.random.Generator) -> Array:
    """Draw configurations from |amplitude|²; uint8 array (shots, n).

    Cost: O(shots · n · phys · Σ_q p_q χ_q χ) with p_q the probability of a sector.
    """
    chain = normalise(sites)[0]
    out = np.empty((shots, len(chain)), np.uint8)
    for start in range(0, shots, BLOCK):
        _sample_block(chain, out[start : start + BLOCK], rng)
    return out


def _sample_block(chain: Sequence[Site], out: Array, rng: np.random.Generator) -> None:
    groups: Groups = {0: (np.arange(len(out)), np.ones((len(out), 1)))}
    for i, site in enumerate(chain):
        draws = rng.random(len(out))
        wide, ahead = in_columns(site), columns(site.levels, site.right)
        parts: dict[int, list[tuple[Array, Array]]] = {}
        for q, (shots, vectors) in groups.items():
            branch = vectors @ wide[q]
            numbers = branch.view(float) if np.iscomplexobj(branch) else branch
            double = numbers.shape[1] // branch.shape[1]
            weights = np.zeros((len(shots), len(site.levels)))
            where = places(ahead[q], site.right)[0]
            for (_, s), span in where.items():
                part = numbers[:, double * span.start : double * span.stop]
                weights[:, s] = np.einsum("ij,ij->i", part, part)
            outcome = _drawn(weights, draws[shots])
            out[shots, i] = outcome
            for (charge, s), span in where.items():
                mine = np.flatnonzero(outcome == s)
                if len(mine):
                    rows = branch[mine, span] / np.sqrt(weights[mine, s])[:, None]
                    parts.setdefault(charge, []).append((shots[mine], rows))
        groups = _joined(parts)


def _drawn(weights: Array, draws: Array) -> Array:
    """Return the outcome of every row; one of weight zero is never drawn."""
    cumulative = np.cumsum(weights, axis=1)
    aim = draws * cumulative[:, -1]
    last = weights.shape[1] - 1 - np.argmax(weights[:, ::-1] > 0.0, axis=1)
    return np.minimum((aim[:, None] >= cumulative).sum(axis=1), last)


def _joined(parts: dict[int, list[tuple[Array, Array]]]) -> Groups:
    return {
        q: found[0]
        if len(found) == 1
        else (np.concatenate([s for s, _ in found]), np.concatenate([v for _, v in found]))
        for q, found in parts.items()
    }


@few_threads(1)
def amplitudes_of(sites: Sequence[Site], bits: Array) -> Array:
    """Return the amplitude of each row of `bits`; zero outside the charge of the state."""
    groups: Groups = {0: (np.arange(len(bits)), np.ones((len(bits), 1)))}
    for i, site in enumerate(sites):
        parts: dict[int, list[tuple[Array, Array]]] = {}
        for q, (shots, vectors) in groups.items():
            for s, c in enumerate(site.levels):
                mine = np.flatnonzero(bits[shots, i] == s)
                if len(mine) and (q, s) in site.blocks:
                    rows = vectors[mine] @ site.blocks[q, s]
                    parts.setdefault(q + c, []).append((shots[mine], rows))
        groups = _joined(parts)
    found = np.zeros(len(bits), np.result_type(*map(dtype_of, sites)))
    for shots, vectors in groups.values():
        found[shots] = vectors[:, 0]
    return found
