r"""Overlaps of chains, without overflow, and infidelity without cancellation.

For normalised states with overlap :math:`o = \langle a|b\rangle` the residual
:math:`|r\rangle = |b\rangle - o|a\rangle` has :math:`\langle r|r\rangle = 1 - |o|^2`, so that the
infidelity is a norm and keeps its relative precision when it is far below the rounding error of F.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn._machine import by_bond
from qtn.errors import ArgumentError
from qtn.states.kernels.gauge import canonicalise


@by_bond
def log_overlap(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> tuple[complex, float]:
    """Return `(phase, log_abs)` with ⟨a|b⟩ = phase · exp(log_abs); phase 0 for orthogonal states.

    Args:
        a, b: chains `(left, phys, right)` of the same length and physical dimensions.

    Raises:
        ArgumentError: lengths or physical dimensions differ.

    Cost: O(n χ³).
    """
    check_same_sites(a, b)
    environment = np.ones((1, 1))
    log_scale = 0.0
    for x, y in zip(a, b, strict=True):
        half = (environment @ y.reshape(len(y), -1)).reshape(-1, y.shape[2])
        environment = x.reshape(-1, x.shape[2]).conj().T @ half
        scale = float(np.max(np.abs(environment)))
        if scale == 0.0:
            return 0.0, -np.inf
        environment = environment / scale
        log_scale += float(np.log(scale))
    value = complex(environment[0, 0])
    size = abs(value)
    return (value / size, log_scale + float(np.log(size))) if size else (0.0, -np.inf)


def residual_weight(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> float:
    """Return 1 - |⟨a|b⟩|² of two normalised chains, precise also when it is tiny.

    The chain |b⟩ - ⟨a|b⟩|a⟩ (bonds χ_a + χ_b) is brought to canonical form by QR; the norm of
    its centre tensor squared is the infidelity, with an absolute error near 1e-32 instead of 1e-16.

    Cost: O(n (χ_a + χ_b)³).
    """
    phase, log_abs = log_overlap(a, b)
    overlap = phase * np.exp(log_abs)
    if abs(overlap) ** 2 < 0.5:
        return max(0.0, 1.0 - abs(overlap) ** 2)
    difference = add_chains(b, a, 1.0, -overlap)
    center = canonicalise(difference, 0)[0]
    return float(min(1.0, np.sum(np.abs(center) ** 2)))


def add_chains(
    a: Sequence[np.ndarray], b: Sequence[np.ndarray], alpha: complex = 1.0, beta: complex = 1.0
) -> list[np.ndarray]:
    """Return the chain of alpha·|a⟩ + beta·|b⟩, with bonds added and not truncated."""
    check_same_sites(a, b)
    n = len(a)
    out = []
    for i, (x, y) in enumerate(zip(a, b, strict=True)):
        if i == 0:
            x, y = alpha * x, beta * y
        if n == 1:
            out.append(x + y)
            continue
        left = x.shape[0] if i == 0 else x.shape[0] + y.shape[0]
        right = x.shape[2] if i == n - 1 else x.shape[2] + y.shape[2]
        block = np.zeros((left, x.shape[1], right), dtype=np.result_type(x, y))
        block[: x.shape[0], :, : x.shape[2]] = x
        block[left - y.shape[0] :, :, right - y.shape[2] :] = y
        out.append(block)
    return out


def check_same_sites(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> None:
    """Raise unless both chains have the same physical dimensions site by site."""
    pa, pb = [t.shape[1] for t in a], [t.shape[1] for t in b]
    if pa != pb:
        raise ArgumentError(
            f"The two states must have the same sites, but have {len(pa)} sites of physical "
            f"dimensions {sorted(set(pa))} and {len(pb)} of {sorted(set(pb))}."
        )
