"""What is read off many strings at once: weights, values in product states."""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from typing import Any

import numpy as np

from qtn._kernels import kernel
from qtn.states.pauli_sums.bits import popcount

__all__ = ["product_value", "weights"]

_compiled: Any = kernel()


@_compiled
def weights(xs, zs):
    """Return on how many qubits every string acts."""
    out = np.zeros(xs.shape[0], np.int64)
    for i in range(xs.shape[0]):
        for w in range(xs.shape[1]):
            out[i] += popcount(xs[i, w] | zs[i, w])
    return out


@_compiled
def product_value(xs, zs, values, directions):
    """Return Σ c ∏ of ⟨X⟩, ⟨Y⟩ or ⟨Z⟩ of the qubits: `directions` (n, 3)."""
    total = 0.0
    for i in range(xs.shape[0]):
        found = values[i]
        for w in range(xs.shape[1]):
            x, z, qubit = xs[i, w], zs[i, w], 64 * w
            while (x | z) and found != 0.0:
                letter = (x & np.uint64(1)) + np.uint64(2) * (z & np.uint64(1))
                if letter == 1:
                    found *= directions[qubit, 0]
                elif letter == 3:
                    found *= directions[qubit, 1]
                elif letter == 2:
                    found *= directions[qubit, 2]
                x >>= np.uint64(1)
                z >>= np.uint64(1)
                qubit += 1
        total += found
    return total
