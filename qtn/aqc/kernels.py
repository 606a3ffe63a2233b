"""Choice of the contraction kernel by a cost model.

The transverse kernel is exact and costs n 4^L χ² for L gates per bond; the layered kernel costs
n D χ³ with factorisations; the dense kernel, for short chains, costs 2^n per gate. Measured speeds
on one core turn operations into seconds.
"""

from __future__ import annotations

import numpy as np

from qtn.aqc.ansatz import Ansatz
from qtn.aqc.dense import LARGEST, DenseKernel
from qtn.aqc.layered import LayeredKernel
from qtn.aqc.optimise import Kernel
from qtn.aqc.transverse import SchmidtChain, TransverseKernel, boundary_legs

MAX_MEMORY = 4e8  # bytes the boundaries of the transverse kernel may take
SECONDS_PER_PRODUCT = 4e-10  # transverse: one complex multiplication
SECONDS_PER_CUBE, SECONDS_PER_SITE = 3e-9, 3.5e-5  # layered: per χ³ and per site and layer
# Truncation noise costs quasi-Newton steps: an exact gradient is worth several truncated ones.
EXACT_WORTH = 8.0
SECONDS_PER_AMPLITUDE, SECONDS_PER_GATE = 4e-9, 1.5e-5  # dense: real amplitudes


def choose_kernel(chain: list[np.ndarray], ansatz: Ansatz, device: str | None = None) -> Kernel:
    """Return the kernel that the cost model expects to be faster for one gradient.

    A torch device gets the layered kernel, the one that runs there.
    """
    if device is not None:
        return LayeredKernel(chain, ansatz, device=device)
    target = SchmidtChain(chain)
    bonds = target.bonds(1e-7)
    legs = boundary_legs(ansatz)
    size = 2.0**legs * bonds[:-1] * bonds[1:]
    transverse = SECONDS_PER_PRODUCT * float(np.sum(4.0 * size + 12.0 * 2.0**legs * bonds[:-1]))
    memory = 16.0 * 5.0 * float(np.sum(2.0**legs * bonds[:-1]))
    layers = len(ansatz.layers)
    cubes = float(np.sum(bonds.astype(float) ** 3))
    layered = layers * (SECONDS_PER_CUBE * cubes + SECONDS_PER_SITE * 3 * len(chain))
    layered *= EXACT_WORTH
    if ansatz.n <= LARGEST:
        amplitudes = 2.0**ansatz.n * (3.0 if np.iscomplexobj(chain[0]) else 1.0)
        dense = ansatz.size * (SECONDS_PER_AMPLITUDE * amplitudes + SECONDS_PER_GATE)
        if dense < min(transverse, layered):
            return DenseKernel(chain, ansatz)
    if memory < MAX_MEMORY and transverse < layered:
        return TransverseKernel(target, ansatz)
    return LayeredKernel(chain, ansatz)
