r"""The best core shape under a number of parameters: all shapes at once.

Cutting a higher-order SVD with core C to the shape r loses exactly

.. math:: E[r] = \sum_{i \notin [0, r_1) × … × [0, r_d)} |C_i|^2 .

The entries outside the block fall into d slabs: those that leave it along axis 1, those that stay
inside along axis 1 and leave it along axis 2, and so on. Each slab's sum for all r is a cumulative
sum over the axes before, a sum over the tail of its own axis, and a whole sum over the axes behind:
E for **all** shapes takes d passes, and no difference of nearly equal numbers. The smallest entry
among the shapes that the parameters allow is the optimum of this objective, not a bound of it.

Reference: the objective of Ghadiri et al., "Approximately optimal core shapes for Tucker
decompositions", arXiv:2302.08400, who maximise the sum of the tails approximately; here the norm of
the block itself is used, whose optimum takes no integer program.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Shape = tuple[int, ...]


def tails(spectrum: Array) -> Array:
    """Return Σ_{j ≥ r} s_j² for r = 0 … n.

    Example:
        >>> tails(np.array([2.0, 1.0]))
        array([5., 1., 0.])
    """
    return np.append(np.cumsum(spectrum[::-1] ** 2)[::-1], 0.0)


def error_table(core: Array, largest: Sequence[int]) -> Array:
    """Return E[r] for all shapes r with 1 ≤ r_k ≤ largest_k; entry r is at the index r - 1.

    Cost: d passes over the core.
    """
    weights = np.abs(core) ** 2
    table = np.zeros((1,) * core.ndim)
    for axis in range(core.ndim):
        slab = weights.sum(tuple(range(axis + 1, core.ndim)))
        slab = slab[tuple(slice(top) for top in largest[:axis])]
        for inner in range(axis):
            slab = np.cumsum(slab, inner)
        beyond = np.cumsum(slab[..., ::-1], -1)[..., ::-1]
        leaving = np.append(beyond[..., 1:], np.zeros((*slab.shape[:-1], 1)), -1)
        leaving = leaving[..., : largest[axis]]
        table = table + leaving.reshape(*leaving.shape, *(1,) * (core.ndim - axis - 1))
    return table


def parameter_table(sizes: Sequence[int], largest: Sequence[int]) -> Array:
    """Return Π r_k + Σ n_k r_k for the same shapes, as floats (which do not overflow)."""
    ranks = np.ix_(*(np.arange(1.0, top + 1.0) for top in largest))
    product = np.ones(())
    total = np.zeros(())
    for size, rank in zip(sizes, ranks):
        product = product * rank
        total = total + size * rank
    return np.asarray(product + total)


def wasteful(largest: Sequence[int]) -> Array:
    """Return which of the shapes have an axis longer than all others together can use.

    An unfolding of a core has at most as many independent rows as columns: r_k > Π_{j≠k} r_j only
    adds numbers.
    """
    ranks = np.ix_(*(np.arange(1.0, top + 1.0) for top in largest))
    product = np.ones(())
    for rank in ranks:
        product = product * rank
    found = np.zeros(product.shape, bool)
    for rank in ranks:
        found |= rank * rank > product
    return found


def best_shape(core: Array, sizes: Sequence[int], max_parameters: int) -> tuple[Shape, float]:
    """Return the shape of the smallest error, and E; among equals that of the fewest parameters.

    Args:
        core: of the whole higher-order SVD.
        sizes: n_k, which its factors have as rows.
        max_parameters: at least 1 + Σ n_k.

    Cost: O(d Π n_k), and as many numbers.
    """
    rest = max_parameters - sum(sizes) - 1
    largest = [min(r, 1 + rest // n) for r, n in zip(core.shape, sizes)]
    table = error_table(core, largest)
    counts = parameter_table(sizes, largest)
    table[(counts > max_parameters) | wasteful(largest)] = np.inf
    good = np.flatnonzero(table == table.min())
    chosen = good[np.argmin(counts.reshape(-1)[good])]
    shape = tuple(int(k) + 1 for k in np.unravel_index(chosen, table.shape))
    return shape, float(table.flat[chosen])
