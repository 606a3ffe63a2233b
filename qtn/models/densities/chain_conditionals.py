r"""Values that are missing from rows, given those that are there, under the squares of a chain.

With P_i the projector on the value of site i where it is known, and 1 where it is missing,

    p(known) = ‖(⊗ P_i) ψ‖²,        R_i = Σ_s A_i^s R_{i+1} (A_i^s)ᵀ

the sum over the one value that is known, or over all. L_i is the same from the left. Then

    p(v_i = s | known) ∝ tr(L_i A_i^s R_{i+1} (A_i^s)ᵀ)

Where all sites to the left have values, drawn or known, L_i is the square of a vector, so that
rows are drawn from the joint distribution at a lower cost, site by site (Ferris and Vidal, Phys.
Rev. B 85, 165146 (2012)).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qtn.models.densities.counted import Flags, Floats, Ints

# Rows whose environments are held at once take about as many bytes.
_BYTES = 1 << 26


def chain_marginals(
    tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    """Return log p of what is known, and the distribution of every site given that.

    Args:
        tensors: axes (left, phys, right), of norm 1.
        rows: site values, shape (rows, sites); anything where they are missing.
        missing: shape (rows, sites).

    Returns:
        Shape (rows,); per site (rows, levels), which is a unit vector where the value is known.

    Cost: rows · sites · levels · bond³.
    """
    parts = [_marginals(tensors, rows[p], missing[p]) for p in _pieces(tensors, len(rows))]
    log_p = np.concatenate([part[0] for part in parts])
    sites = range(len(tensors))
    return log_p, [np.concatenate([part[1][i] for part in parts]) for i in sites]


def chain_completions(
    tensors: Sequence[Floats], rows: Ints, missing: Flags, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    """Return log p of what is known, and the rows with the rest drawn given that.

    Args:
        tensors, rows, missing: as in `chain_marginals`.
        rng: to draw from.

    Cost: rows · sites · levels · bond³.
    """
    log_p, out = np.empty(len(rows)), rows.copy()
    for p in _pieces(tensors, len(rows)):
        log_p[p], out[p] = _completions(tensors, rows[p], missing[p], rng)
    return log_p, out


def drawn(weights: Floats, rng: np.random.Generator) -> Ints:
    """Draw a value per row in proportion to non-negative weights, shape (rows, values)."""
    cumulative = np.cumsum(weights, axis=1)
    draws = rng.random(len(weights)) * cumulative[:, -1]
    return np.minimum((draws[:, None] >= cumulative).sum(axis=1), weights.shape[1] - 1)


def to_unit(h: Floats) -> tuple[Floats, Floats]:
    """Return arrays of rows scaled to a largest entry of 1, and the logarithms of the scales."""
    c = np.abs(h).reshape(len(h), -1).max(axis=1)
    with np.errstate(divide="ignore"):
        return h / np.where(c > 0, c, 1.0).reshape(-1, *[1] * (h.ndim - 1)), np.log(c)


def _pieces(tensors: Sequence[Floats], count: int) -> list[slice]:
    numbers = sum(t.shape[2] ** 2 for t in tensors)
    size = max(1, _BYTES // (8 * numbers))
    return [slice(start, start + size) for start in range(0, count, size)]


def _from_right(
    tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    """Return log p of what is known, and R_{i+1} of every site i."""
    right, log_p = np.ones((len(rows), 1, 1)), np.zeros(len(rows))
    found = []
    for i in range(len(tensors) - 1, -1, -1):
        found.append(right)
        turned = tensors[i].transpose(2, 1, 0)
        right, log_c = to_unit(_carried(right, turned, rows[:, i], missing[:, i]))
        log_p += log_c
    return log_p, found[::-1]


def _carried(h: Floats, t: Floats, values: Ints, missing: Flags) -> Floats:
    """Return Σ_s (t^s)ᵀ h t^s over the values that a row can have, t with axes (in, value, out)."""
    out = np.zeros((len(h), t.shape[2], t.shape[2]))
    for s in range(t.shape[1]):
        which = missing | (values == s)
        out[which] += t[:, s].T @ h[which] @ t[:, s]
    return out


def _marginals(
    tensors: Sequence[Floats], rows: Ints, missing: Flags
) -> tuple[Floats, list[Floats]]:
    log_p, right = _from_right(tensors, rows, missing)
    left, found = np.ones((len(rows), 1, 1)), []
    for i, t in enumerate(tensors):
        weights = np.zeros((len(rows), t.shape[1]))
        for s in range(t.shape[1]):
            which = missing[:, i] | (rows[:, i] == s)
            passed = t[:, s].T @ left[which] @ t[:, s]
            weights[which, s] = np.maximum((passed * right[i][which]).sum(axis=(1, 2)), 0.0)
        total = weights.sum(axis=1, keepdims=True)
        found.append(weights / np.where(total > 0, total, 1.0))
        left = to_unit(_carried(left, t, rows[:, i], missing[:, i]))[0]
    return log_p, found


def _completions(
    tensors: Sequence[Floats], rows: Ints, missing: Flags, rng: np.random.Generator
) -> tuple[Floats, Ints]:
    log_p, right = _from_right(tensors, rows, missing)
    out, left = rows.copy(), np.ones((len(rows), 1))
    for i, t in enumerate(tensors):
        passed = np.einsum("ka,asb->ksb", left, t)
        weights = np.einsum("ksb,kbc,ksc->ks", passed, right[i], passed, optimize=True)
        out[:, i] = np.where(missing[:, i], drawn(np.maximum(weights, 0.0), rng), rows[:, i])
        left = to_unit(passed[np.arange(len(rows)), out[:, i]])[0]
    return log_p, out
