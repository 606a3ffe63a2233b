"""What channels do to many Pauli strings at once."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import kernel
from qtn.states.pauli_sums.bits import popcount

_compiled: Any = kernel()


@_compiled
def exponents(xs, zs, noise_x, noise_z, logs):
    """Return Σ of the logarithms of all channels whose string anticommutes, for every term."""
    out = np.zeros(xs.shape[0])
    for i in range(xs.shape[0]):
        for k in range(noise_x.shape[0]):
            clashes = np.uint64(0)
            for w in range(xs.shape[1]):
                clashes += popcount((xs[i, w] & noise_z[k, w]) ^ (zs[i, w] & noise_x[k, w]))
            if clashes & np.uint64(1):
                out[i] += logs[k]
    return out
