r"""Kernels of states whose two copies share their bits: two complex numbers per pair and site.

After a product of one-qubit states a chain of CX, or on |+…+⟩ phases between neighbours, amplitudes
have the form

.. math:: ⟨b|x⟩ = \prod_k a_k(b_k ⊕ b_{k-1})\, f_k(b_k), \qquad b_{-1} = 0,

so that ⟨x|y⟩ is a sum over one string of bits: from left to right v(b) with

.. math:: v'(b) = \bar f(b) g(b) \sum_c \bar a(b ⊕ c)\, d(b ⊕ c)\, v(c) .

Phases that depend on the row alone drop out of |⟨x|y⟩|². What is left of a site is the ratio
t = a(1)/a(0), the phase e = f(1)/f(0) and the length w = |a(0)|; with T and E those of ``x̄ y``

.. math:: v_0' = w_x w_y (v_0 + T v_1), \qquad v_1' = w_x w_y E (v_1 + T v_0),

which is 20 multiplications with additions. The lengths are multiplied in once in some sites, which
is often enough to keep numbers in range. Pairs are taken in tiles that stay in the cache; the
innermost loop over columns of a tile compiles to vectors of the machine.

Reference: derived here. Kernels by tensor networks: arXiv:2405.02630, where environments are full
matrices.
"""

# mypy: allow-untyped-defs, allow-untyped-calls, allow-untyped-decorators

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtn._kernels import inner, kernel
from qtn._progress import inner_bar

Floats = NDArray[np.float64]
Complexes = NDArray[np.complex128]

TILE = 64  # columns of a tile: its numbers at one site fill a part of the first cache
ROWS = 32  # rows of a tile
PAIR = 0.6e-9  # seconds of a pair of rows at one site
STRIDE = 12  # sites between two rescalings: their growth, 4¹² at most, and their decay are harmless
_FAST: dict[str, Any] = {"fastmath": {"contract", "nsz"}}


@dataclass(frozen=True, slots=True, eq=False)
class Diagonal:
    """Rows as the recurrence takes them; see the module.

    Args:
        ratio: t, shape (rows, sites), finite.
        phase: e, of modulus 1, shape (rows, sites).
        length: w, shape (rows, sites); w² (1 + |t|²) = 1.
    """

    ratio: Complexes
    phase: Complexes
    length: Floats

    def __len__(self) -> int:
        return len(self.ratio)

    def parts(self) -> Floats:
        """Return t and e in real and imaginary parts, (rows, sites, 4)."""
        pair = np.stack([self.ratio, self.phase], -1)
        return np.ascontiguousarray(pair).view(np.float64)

    def scales(self) -> Floats:
        """Return the products of lengths of `STRIDE` sites each, (rows, groups)."""
        starts = np.arange(0, self.length.shape[1], STRIDE)
        return np.asarray(np.multiply.reduceat(self.length, starts, axis=1))


def diagonal_kernel(x: Diagonal, y: Diagonal | None = None) -> Floats:
    """Return |⟨x_i|y_j⟩|²; of rows with themselves half is computed, and 1 on the diagonal.

    Args:
        x: rows.
        y: other rows; None for a symmetric matrix.

    Cost: 20 multiplications with additions per pair and site, a nanosecond each; a thousand rows
    with a thousand others at 784 sites take half a second.
    """
    other = x if y is None else y
    columns, tiles = len(other), -(-len(other) // TILE)
    parts = np.zeros((tiles * TILE, *x.ratio.shape[1:], 4))
    parts[:columns] = other.parts()
    scales = np.zeros((tiles * TILE, other.scales().shape[1]))
    scales[:columns] = other.scales()
    # A tile's numbers at one site lie in a row.
    tiled = np.ascontiguousarray(parts.reshape(tiles, TILE, -1, 4).transpose(0, 2, 3, 1))
    lengths = np.ascontiguousarray(scales.reshape(tiles, TILE, -1).transpose(0, 2, 1))
    found = np.zeros((len(x), tiles * TILE))
    pairs = len(x) * columns / (2 if y is None else 1)
    with inner_bar(None, "pairs", seconds=PAIR * pairs * x.ratio.shape[1]):
        _run(x.parts(), tiled, x.scales(), lengths, found, y is None)
    found = found[:, :columns]
    if y is not None:
        return np.ascontiguousarray(found)
    return mirrored(found)


def mirrored(square: Floats) -> Floats:
    """Return the symmetric matrix with 1 on its diagonal and what stands above that of another.

    Example:
        >>> mirrored(np.array([[0.9, 0.5], [0.1, 0.9]]))
        array([[1. , 0.5],
               [0.5, 1. ]])
    """
    upper = np.triu(square, 1)
    upper += upper.T
    np.fill_diagonal(upper, 1.0)
    return np.asarray(upper)


@kernel(**_FAST)
def _run(rows, tiles, row_scales, tile_scales, found, symmetric):
    """Fill `found`, tile by tile; of a symmetric matrix at least what is above the diagonal."""
    n = rows.shape[1]
    block = np.empty((ROWS, 4, TILE))  # v of every pair: real and imaginary part of v₀, of v₁
    for tile in range(tiles.shape[0]):
        last = min(rows.shape[0], (tile + 1) * TILE) if symmetric else rows.shape[0]
        for first in range(0, last, ROWS):
            count = min(ROWS, last - first)
            block[:, 0, :] = 1.0
            block[:, 1:, :] = 0.0
            for group in range(row_scales.shape[1]):
                end = min(n, (group + 1) * STRIDE)
                for i in range(count):
                    v, row = block[i], first + i
                    for site in range(group * STRIDE, end):
                        _step(rows[row, site], tiles[tile, site], v)
                    for part in range(4):
                        for j in range(TILE):
                            v[part, j] *= row_scales[row, group] * tile_scales[tile, group, j]
            for i in range(count):
                v = block[i]
                for j in range(TILE):
                    re, im = v[0, j] + v[2, j], v[1, j] + v[3, j]
                    found[first + i, tile * TILE + j] = re * re + im * im


@inner(inline="always", **_FAST)
def _step(x, y, v):
    """Take one site of a row and of a tile of others into v."""
    for j in range(TILE):
        tr = x[0] * y[0, j] + x[1] * y[1, j]
        ti = x[0] * y[1, j] - x[1] * y[0, j]
        er = x[2] * y[2, j] + x[3] * y[3, j]
        ei = x[2] * y[3, j] - x[3] * y[2, j]
        p, q, r, s = v[0, j], v[1, j], v[2, j], v[3, j]
        v[0, j] = p + tr * r - ti * s
        v[1, j] = q + tr * s + ti * r
        re = r + tr * p - ti * q
        im = s + tr * q + ti * p
        v[2, j] = er * re - ei * im
        v[3, j] = er * im + ei * re
