"""Schmidt spectra and entanglement entropies of a chain, in nats."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.states.kernels.gauge import canonicalise, split_left
from qtn.states.kernels.truncate import svd


def schmidt_spectra(tensors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return the normalised Schmidt values (descending) of each of the n-1 cuts.

    Entry i belongs to the cut between sites i and i+1.

    Cost: O(n χ³).
    """
    chain = canonicalise(tensors, 0)
    spectra = []
    for i in range(len(chain) - 1):
        chain[i], remainder = split_left(chain[i])
        values = svd(remainder)[1]
        spectra.append(values / np.linalg.norm(values))
        chain[i + 1] = np.tensordot(remainder, chain[i + 1], 1)
    return spectra


def entropy_of(schmidt: np.ndarray) -> float:
    """Return the von Neumann entropy -Σ p ln p, p = s², in nats."""
    p = schmidt**2
    p = p[p > 0]
    return float(max(0.0, -np.sum(p * np.log(p))))
