"""Energies of single configurations, whose mean over samples of ψ² is the energy of the state.

E_loc(s) = Σ_s' ⟨s|H|s'⟩ ψ(s') / ψ(s); over ψ² its mean is ⟨ψ|H|ψ⟩ and its variance at most that
of H. Samples are independent, so the standard error of the mean is the usual one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from qtn._optional import torch
from qtn.applications.antn.connections import Bits, Connection, connected
from qtn.applications.antn.wavefunction import Wavefunction

# Configurations that go through the networks at once.
ROWS = 4096


def local_energies(
    psi: Wavefunction, connections: tuple[Connection, ...], bits: Bits
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return E_loc and ψ of configurations.

    Cost: one amplitude for each configuration connected with any of them, equal ones once.
    """
    found = list(connected(connections, bits))
    everything = np.concatenate([bits, *(others for _, others, _ in found)])
    packed = np.ascontiguousarray(np.packbits(everything, axis=1))
    keys = packed.view(np.dtype((np.void, packed.shape[1]))).ravel()
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    with torch.no_grad():
        parts = [psi(torch.from_numpy(everything[first[k : k + ROWS]]))
                 for k in range(0, len(first), ROWS)]  # fmt: skip
    values = np.concatenate([part.numpy() for part in parts])[places.ravel()]
    own = values[: len(bits)]
    energies = connections[0].elements(bits)
    at = len(bits)
    for rows, others, elements in found:
        np.add.at(energies, rows, elements * values[at : at + len(others)] / own[rows])
        at += len(others)
    return energies, own
