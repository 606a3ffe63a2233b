r"""Exact (perfect) sampling and amplitudes, all shots as one matrix product per site.

In right-canonical form the probability of the first k outcomes is the squared norm of the row
vector :math:`A^{b_0}\cdots A^{b_{k-1}}`, so each site is drawn from its exact conditional
distribution and no sample is correlated with another.

Reference: Ferris and Vidal, Phys. Rev. B 85, 165146 (2012).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._checks import choice, fail, finite_array
from qtn._machine import by_bond, few_threads, suited
from qtn.states.kernels.gauge import normalise_chain

# Rows of the batched product: enough to fill BLAS kernels while the block stays in the cache.
BLOCK = 4096
_BLOCK_BYTES = 1 << 28


def in_precision(tensors: Sequence[np.ndarray], precision: str) -> list[np.ndarray]:
    """Return the tensors as they are ("double") or as complex64 or float32 ("single")."""
    if choice("precision", precision, ("double", "single")) == "double":
        return list(tensors)
    return [t.astype(np.complex64 if t.dtype.kind == "c" else np.float32) for t in tensors]


def configurations(bits: np.ndarray, phys: Sequence[int]) -> np.ndarray:
    """Return configurations as an array (batch, n), or refuse them.

    Args:
        bits: integers; column i is site i.
        phys: dimension of every site.

    Raises:
        ArgumentError: wrong number of columns, or an entry that is no physical index.
    """
    array = finite_array("bits", bits, ndim=2)
    inside = array.shape[1] == len(phys) and ((array >= 0) & (array < np.array(phys))).all()
    if not inside or array.dtype.kind not in "iub":
        raise fail("bits", f"an integer array (batch, {len(phys)}) of physical indices", bits)
    return array


def sample_chain(
    tensors: Sequence[np.ndarray],
    shots: int,
    rng: np.random.Generator,
    precision: str = "double",
) -> np.ndarray:
    """Draw `shots` configurations from |amplitude|² of a chain of any norm and gauge.

    Args:
        tensors: chain of arrays `(left, phys, right)`.
        shots: number of samples.
        rng: local generator.
        precision: "double" or "single", see `in_precision`; the gauge is fixed in double.

    Returns:
        uint8 array (shots, n); column i is site i.

    Cost: O(shots · n · phys · χ²) after O(n χ³) for the canonical form.
    """
    out = np.empty((shots, len(tensors)), dtype=np.uint8)
    with few_threads(suited(max(t.shape[0] for t in tensors))):
        chain = in_precision(normalise_chain(tensors), precision)
        for start in range(0, shots, BLOCK):
            stop = min(start + BLOCK, shots)
            _sample_block(chain, out[start:stop], rng)
    return out


def _sample_block(chain: list[np.ndarray], out: np.ndarray, rng: np.random.Generator) -> None:
    rows = np.arange(len(out))
    vectors = np.ones((len(out), 1), dtype=chain[0].dtype)
    for site, tensor in enumerate(chain):
        left, phys, right = tensor.shape
        branches = (vectors @ tensor.reshape(left, phys * right)).reshape(-1, phys, right)
        weights = np.sum(np.abs(branches) ** 2, axis=2)
        cumulative = np.cumsum(weights, axis=1)
        draws = rng.random(len(out)) * cumulative[:, -1]
        outcome = np.minimum((draws[:, None] >= cumulative).sum(axis=1), phys - 1)
        out[:, site] = outcome
        norms = np.sqrt(weights[rows, outcome])
        vectors = branches[rows, outcome] / norms[:, None]


@by_bond
def amplitudes_of(tensors: Sequence[np.ndarray], bits: np.ndarray) -> np.ndarray:
    """Return the amplitude of each row of `bits` (batch, n), column i = site i.

    Cost: O(batch · n · χ²); no vector of length 2^n is formed.
    """
    vectors = np.ones((len(bits), 1), dtype=np.result_type(*tensors))
    for site, tensor in enumerate(tensors):
        result = np.empty((len(bits), tensor.shape[2]), dtype=vectors.dtype)
        for outcome in range(tensor.shape[1]):
            chosen = bits[:, site] == outcome
            result[chosen] = vectors[chosen] @ tensor[:, outcome]
        vectors = result
    return vectors[:, 0]


def sample_prefixes(
    tensors: Sequence[np.ndarray], shots: int, rng: np.random.Generator
) -> np.ndarray:
    """Draw configurations of qubits from the first sites of a chain; equal prefixes share work.

    Shots that agree so far are one row with a count, and how many of them go on with 1 is drawn
    from the binomial distribution: the table has exactly the distribution of independent shots.

    Args:
        tensors: arrays `(left, 2, right)`, normalised, centre at site 0; what is cut off at the
            right end is traced out.
        shots: number of samples.
        rng: local generator.

    Returns:
        uint8 array (shots, len(tensors)) in random order.

    Cost: O(u χ²) per site, u = number of different prefixes, at most `shots`; memory within some
    hundred MB beside the table.
    """
    widest = max(t.shape[2] for t in tensors)
    block = max(BLOCK, _BLOCK_BYTES // (64 * widest))
    parts = [
        _prefix_block(tensors, min(block, shots - start), rng) for start in range(0, shots, block)
    ]
    return rng.permutation(np.concatenate(parts), axis=0)


def _prefix_block(
    tensors: Sequence[np.ndarray], shots: int, rng: np.random.Generator
) -> np.ndarray:
    counts = np.array([shots])
    rows = np.ones((1, 1), dtype=np.result_type(*tensors))
    parents: list[np.ndarray] = []
    outcomes: list[np.ndarray] = []
    for tensor in tensors:
        left, _, right = tensor.shape
        branches = (rows @ tensor.reshape(left, 2 * right)).reshape(-1, 2, right)
        weights = np.sum(np.abs(branches) ** 2, axis=2)
        ones = rng.binomial(counts, np.minimum(weights[:, 1] / weights.sum(axis=1), 1.0))
        zeros = counts - ones
        from_zero, from_one = np.flatnonzero(zeros), np.flatnonzero(ones)
        parent = np.concatenate([from_zero, from_one])
        outcome = np.repeat(np.array([0, 1], np.uint8), [len(from_zero), len(from_one)])
        rows = branches[parent, outcome]
        rows /= np.sqrt(weights[parent, outcome])[:, None]
        counts = np.concatenate([zeros[from_zero], ones[from_one]])
        parents.append(parent)
        outcomes.append(outcome)
    table = np.empty((len(counts), len(tensors)), np.uint8)
    index = np.arange(len(counts))
    for site in reversed(range(len(tensors))):
        table[:, site] = outcomes[site][index]
        index = parents[site][index]
    return np.repeat(table, counts, axis=0)
