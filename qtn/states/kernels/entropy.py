"""Schmidt spectra and entanglement entropies of a chain, in nats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._machine import by_bond
from qtn.states.kernels.gauge import normalise_chain, split_left
from qtn.states.kernels.truncate import svd


@by_bond
def schmidt_spectra(tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the normalised Schmidt values (descending) of each of the n-1 cuts.

    Entry i belongs to the cut between sites i and i+1. The state may have any norm, also one that
    is no floating-point number.

    Raises:
        ArgumentError: the state is zero.

    Cost: O(n χ³).
    """
    chain = normalise_chain(tensors)
    spectra = []
    for i in range(len(chain) - 1):
        chain[i], remainder = split_left(chain[i])
        values = svd(remainder)[1]
        spectra.append(values / np.linalg.norm(values))
        chain[i + 1] = np.tensordot(remainder, chain[i + 1], 1)
    return spectra


@by_bond
def schmidt_values(tensors: Sequence[np.ndarray], cut: int) -> np.ndarray:
    """Return the normalised Schmidt values (descending) between sites cut-1 and cut.

    Raises:
        ArgumentError: the state is zero.
    """
    remainder = np.ones((1, 1))
    for tensor in normalise_chain(tensors)[:cut]:
        remainder = split_left(np.tensordot(remainder, tensor, 1))[1]
    values = svd(remainder)[1]
    return values / np.linalg.norm(values)


def entropy_of(schmidt: np.ndarray) -> float:
    """Return the von Neumann entropy -Σ p ln p, p = s², in nats."""
    p = schmidt**2
    p = p[p > 0]
    return float(max(0.0, -np.sum(p * np.log(p))))
